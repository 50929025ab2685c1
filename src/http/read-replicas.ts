/**
 * Selects where a request reads the database. With READ_REPLICAS on, some operations read the nearest
 * replica. A replica is never older than the state that the client has seen, as its bookmark says.
 */
import { getConfig } from "../config.ts";
import type { OperationId } from "../domain/permissions.ts";
import type { AppContext } from "./app-env.ts";

/** Header of responses and requests; with it a client reads its own writes. */
export const bookmarkHeader = "X-Bookmark";

/**
 * Operations that may read a replica: a caller who lost a role a moment ago may still see their data.
 * All others read the primary: changes, and reads of invitations, audit logs, tokens, exports and of
 * the operator API.
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

/** Format of D1's bookmarks; other values are ignored. */
const bookmarkFormat = /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/;

/** Returns the database, or a session that may read a replica. */
export function selectDatabase(c: AppContext): D1Database | D1DatabaseSession {
  if (!getConfig(c.env).readReplicas) return c.env.DB;
  const session = c.env.DB.withSession(sessionConstraint(c));
  c.set("session", session);
  return session;
}

function sessionConstraint(c: AppContext): string {
  const operation = c.get("operation");
  if (operation === undefined || !replicaReadable.has(operation)) return "first-primary";
  const bookmark = c.req.header(bookmarkHeader);
  return bookmark !== undefined && bookmarkFormat.test(bookmark) ? bookmark : "first-unconstrained";
}
