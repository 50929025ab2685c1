/** Audit ids per millisecond; 1,024 keep them safe integers until the year 2248. */
const idsPerMillisecond = 1024;

/** Returns the smallest id of an audit row at `timestamp` (epoch milliseconds). Ids grow with time. */
export function firstAuditId(timestamp: number): number {
  return timestamp * idsPerMillisecond;
}

/** The actor of changes that the service makes by itself. */
export const systemActor = { uuid: "system" } as const;

/** Everything that the history records. A change without one of these actions does not compile. */
export const auditActions = [
  "account.created",
  "account.updated",
  "account.deleted",
  "members.updated",
  "invite.created",
  "invite.renewed",
  "invite.resent",
  "invite.revoked",
  "invite.accepted",
  "user.created",
  "user.updated",
  "user.deleted",
  "user.bound",
  "user.consented",
  "user.consent_withdrawn",
  "access_token.created",
  "access_token.deleted",
  "zone.created",
  "zone.updated",
  "zone.deleted",
] as const;
export type AuditAction = (typeof auditActions)[number];

/** The kinds of objects that an action is done to. */
export type AuditTargetKind = "account" | "invite" | "user" | "access_token" | "zone";
