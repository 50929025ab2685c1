import type { HttpResponse } from "../http-client.ts";
import type { FuzzCase } from "./fuzz-case.ts";
import { kindOf } from "./known-ids.ts";

/** Remembers what later requests need from a successful response: ids, slugs, ETags and cursors. */
export function observeResponse(fuzzCase: FuzzCase, { status, headers, text }: HttpResponse): void {
  const { caller, operation, tenant, account, method, target } = fuzzCase;
  if (status < 200 || status > 299 || method !== operation.method.toUpperCase()) return;
  const body = parseObject(text);
  const id = body["uuid"] ?? body["id"];
  const segments = (path: string) => path.split("/").filter((segment) => segment !== "");
  const kind = kindOf(segments(operation.path).at(-1) ?? "");
  if (method === "POST") {
    // Zones belong to everyone, all else to the tenant of the caller that created it.
    const ids = kind === "zone" ? tenant.ids : caller.tenant?.ids;
    ids?.add(kind, id);
    ids?.add("email", body["invitee_identifier"]);
  }
  if (method === "DELETE") {
    tenant.ids.remove(decodeURIComponent(segments(target.split("?")[0] ?? "").at(-1) ?? ""));
  }
  if (/(?:account|organizations)\/\{\w+\}\/?$/.test(operation.path)) {
    tenant.ids.add(`etag ${account}`, headers.etag);
    tenant.ids.add(`slug ${account}`, body["slug"]);
  }
  tenant.ids.add(`cursor ${operation.id}`, cursorIn(body["next"]));
}

/** The organizations API returns a link to the next page, the other APIs a cursor. */
function cursorIn(next: unknown): unknown {
  return typeof next === "string" && URL.canParse(next) ? new URL(next).searchParams.get("cursor") : next;
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
