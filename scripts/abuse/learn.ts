import type { Shot } from "./generate.ts";
import type { Kind } from "./seen.ts";
import type { Answer } from "./send.ts";

/** Where what an operation makes is told, and what it is. */
const made: Readonly<Record<string, readonly (readonly [kind: Kind, key: string])[]>> = {
  createAccount: [["account", "id"]],
  createOrganization: [["account", "uuid"]],
  createUser: [["user", "uuid"]],
  createInvitation: [
    ["invite", "uuid"],
    ["address", "invitee_identifier"],
  ],
  createAccessToken: [["token", "id"]],
  createZone: [["zone", "id"]],
};

/** Whose ETag is the account's, and not a document's or an image's. */
const versioned: ReadonlySet<string> = new Set(["getAccount", "retrieveOrganization", "getManagedAccount"]);

/** Takes from an answer what later requests are about. */
export function learn(
  { caller, operation, tenant, account, body, path, sent }: Shot,
  { status, headers, text }: Answer,
): void {
  if (status < 200 || status > 299 || sent.method !== operation.method.toUpperCase()) return;
  if (sent.method === "DELETE") {
    for (const value of path.values()) tenant.forget(decodeURIComponent(value));
    return;
  }
  const told = objectIn(text);
  // A zone is everybody's; all else is its maker's, and an operator's is nobody's.
  const owner = operation.id === "createZone" ? tenant : caller.tenant;
  for (const [kind, key] of made[operation.id] ?? []) owner?.see(kind, told[key]);
  if (operation.id === "inviteToAccount") owner?.see("address", body?.["email"]);
  const tag = headers["etag"];
  if (typeof tag === "string" && versioned.has(operation.id)) tenant.tags.set(account, tag);
  if (typeof told["slug"] === "string") tenant.slugs.set(String(told["id"] ?? told["uuid"]), told["slug"]);
  const cursor = cursorIn(told["next"]);
  if (cursor !== undefined) tenant.see("cursor", `${operation.id} ${cursor}`);
}

/** Of the organizations face a link, of the others the cursor itself. */
function cursorIn(next: unknown): string | undefined {
  if (typeof next !== "string") return undefined;
  return URL.canParse(next) ? (new URL(next).searchParams.get("cursor") ?? undefined) : next;
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const told: unknown = JSON.parse(text);
    return typeof told === "object" && told !== null ? (told as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
