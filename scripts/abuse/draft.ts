import type { Operation, Schema } from "../../test/http/schemas.ts";
import { encode, form, json, multipart, type Content } from "./bodies.ts";
import type { Random } from "./random.ts";
import type { Sent } from "./send.ts";
import { known, validValue, type Topic } from "./valid.ts";
import { credentials, type Caller } from "./ask.ts";

/** A request before it is written down: what a mutation may change. */
export interface Draft {
  readonly random: Random;
  readonly document: Schema;
  readonly operation: Operation;
  readonly topic: Topic;
  method: string;
  /** Values of the path as they stand in it, already encoded. */
  readonly path: Map<string, string>;
  /** Pairs of the query as they stand in it. */
  readonly query: string[];
  readonly headers: [name: string, value: string][];
  body: Record<string, unknown> | undefined;
  /** What is sent instead of the body. */
  content: Content | undefined;
}

/** Fills everything as the document has it. */
export function fill(draft: Draft, invitation: string): void {
  const { operation, random, topic, document } = draft;
  const { account, tenant } = topic;
  const asked = operation.path.startsWith("/accounts/organizations/") || random.chance(0.6);
  const named = asked ? account : (tenant.slugs.get(account) ?? account);
  for (const { in: where, name, required, schema } of operation.parameters) {
    if (where === "path") {
      draft.path.set(name, encode(pathValue(operation, name, topic, { account: named, invitation })));
    } else if (where === "query" && (required || random.chance(name === "organization" ? 0.9 : 0.3))) {
      const value = (name === "cursor" && cursorOf(draft)) || validValue(document, schema, name, topic);
      draft.query.push(`${name}=${encode(String(value))}`);
    } else if (where === "header" && random.chance(0.3)) {
      const values: Record<string, string> = {
        "If-Match": tenant.tags.get(account) ?? '"none"',
        "X-Organization": named,
      };
      draft.headers.push([name, values[name] ?? `key-${random.below(3_000)}`]);
    }
  }
  const [schema] = Object.values(operation.bodies).map((body) => body.schema);
  if (schema !== undefined) {
    draft.body = validValue(document, schema, "body", topic) as Record<string, unknown>;
  }
}

/** One that this very list told; half of the time any list's. */
function cursorOf({ operation, random, topic: { tenant } }: Draft): string | undefined {
  const all = tenant.all("cursor").map((one) => one.split(" "));
  const own = all.filter(([list]) => list === operation.id);
  const fitting = own.length > 0 && random.chance(0.8) ? own : all;
  return fitting.length === 0 ? undefined : random.pick(fitting)[1];
}

function pathValue(
  { path, method }: Operation,
  name: string,
  topic: Topic,
  { account, invitation }: { account: string; invitation: string },
): string {
  const { random } = topic;
  if (path.includes("/user/invites/")) return invitation;
  if (path.includes("/pa_token/")) return known("token", topic);
  if (path.includes("/@zone/")) return known("zone", topic);
  if (name === "email") return known("address", topic);
  if (path.startsWith("/accounts/invite/")) return known("invite", topic);
  if (path.startsWith("/accounts/users/") || name === "user_id" || path.includes("/@user/")) {
    return known(method === "get" && random.chance(0.5) ? "person" : "user", topic);
  }
  // These two are asked by id only.
  return name === "account_id" ? topic.account : account;
}

export function write(
  { operation, method, path, query, headers, body, content, random }: Draft,
  caller: Caller,
): Sent {
  const filled = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => path.get(name) ?? "");
  const sent = content ?? (body && encoded(operation, body, random));
  return {
    method,
    target: query.length === 0 ? filled : `${filled}?${query.join("&")}`,
    headers: [...credentials(caller), ...(sent ? [["Content-Type", sent.type] as const] : []), ...headers],
    body: sent?.content,
  };
}

/** As one of the types the operation reads. */
function encoded({ bodies }: Operation, body: Record<string, unknown>, random: Random): Content {
  const type =
    random.chance(0.7) && "application/json" in bodies
      ? "application/json"
      : random.pick(Object.keys(bodies));
  if (type === "multipart/form-data") return multipart(Object.entries(body));
  return type === "application/json" ? json(body) : form(body);
}
