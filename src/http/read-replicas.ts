/**
 * Where a request reads the database. Without READ_REPLICAS everything is the primary's; with it, what
 * may be a moment old comes from the nearest replica: never older than what this client has seen, which
 * its bookmark says.
 */
import { getConfig } from "../config.ts";
import type { OperationId } from "../domain/permissions.ts";
import type { AppContext } from "./app-env.ts";

/** Both ways: as the last answer told it, so that a client reads what it wrote. */
export const bookmarkHeader = "X-Bookmark";

/**
 * What shows nothing that a role just taken away should have kept from its reader a moment ago. All else –
 * every change, and reads of invitations, history, tokens, exports and what the operator sees – asks the primary.
 */
export const replicaReadable: ReadonlySet<OperationId> = new Set<OperationId>([
  "listOrganizations",
  "retrieveOrganization",
  "listGroups",
  "getPortal",
  "getAccount",
  "getAccountPermissions",
  "listAccounts",
  "getMember",
  "listMembers",
  "searchMembers",
  "getUsage",
  "downloadLogo",
  "listZones",
  "listAccountZones",
]);

/** The form of D1's bookmarks; whatever else a client sends is none. */
const bookmarkForm = /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/;

/** The database as this request is to ask it. */
export function selectDatabase(c: AppContext): D1Database | D1DatabaseSession {
  if (!getConfig(c.env).readReplicas) return c.env.DB;
  const session = c.env.DB.withSession(constraintOf(c));
  c.set("session", session);
  return session;
}

function constraintOf(c: AppContext): string {
  const operation = c.get("operation");
  if (operation === undefined || !replicaReadable.has(operation)) return "first-primary";
  const bookmark = c.req.header(bookmarkHeader);
  return bookmark !== undefined && bookmarkForm.test(bookmark) ? bookmark : "first-unconstrained";
}
