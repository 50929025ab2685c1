/** The statements that write history. `commit` puts them into the batch of the change itself. */
import { sql, type Placeholder, type SQL } from "drizzle-orm";

import { firstAuditId, type AuditAction, type AuditTargetKind } from "../domain/audit.ts";
import type { Statement } from "../storage/database.ts";
import { prepareStatement, type Placeholders } from "../storage/prepared.ts";
import { accounts, auditRows } from "../storage/schema.ts";
import type { Context } from "./caller/context.ts";

/** Replaces a value that changed and must not be recorded. */
export const masked = "…";

/** What was done. */
export interface AuditEntry {
  /** The account whose history this belongs to; by uuid if the same batch creates it; null if it belongs to none. */
  readonly accountId: number | { readonly uuid: string } | null;
  readonly action: AuditAction;
  /** What it was done to: kind and id. */
  readonly target: `${AuditTargetKind}:${string}`;
  /** `[before, after]` of each field. Equal values are left out; personal ones are masked. Must hold no secrets. */
  readonly changes: Readonly<Record<string, readonly [before: unknown, after: unknown]>>;
}

type RequestInfo = Pick<Context, "db" | "now" | "requestId">;

/** Returns the statement that writes an audit row. Writes one row. */
export function auditStatement(
  { db, now, requestId }: RequestInfo,
  actor: { readonly uuid: string },
  entry: AuditEntry,
): Statement {
  const changes = Object.fromEntries(
    Object.entries(entry.changes)
      .filter(([, [before, after]]) => after === masked || JSON.stringify(before) !== JSON.stringify(after))
      .map(([name, values]) => [name, isPersonal(entry, name) ? values.map(mask) : values]),
  );
  const { accountId, action, target } = entry;
  const row = { first: firstAuditId(now), at: now, actor: actor.uuid, action, target, changes, requestId };
  return accountId !== null && typeof accountId === "object"
    ? insertForNewAccount(db, { ...row, account: accountId.uuid })
    : insert(db, { ...row, account: accountId });
}

/**
 * Returns the statement that writes an audit row for each account of `from`, a query's FROM and WHERE that
 * must include `accounts`. `changes` is an SQL expression of the JSON object of changed fields.
 */
export function auditAccountsStatement(
  { db, now, requestId }: RequestInfo,
  actor: { readonly uuid: string },
  { action, changes, from }: { readonly action: AuditAction; readonly changes: SQL; readonly from: SQL },
): Statement {
  return db
    .insert(auditRows)
    .select(
      sql`select ${nextAuditId(firstAuditId(now))} + row_number() over (order by accounts.id) - 1, accounts.id, ${now}, ${actor.uuid}, ${action}, 'account:' || accounts.uuid, ${changes}, ${requestId} from ${from}`,
    );
}

const names = ["first", "account", "at", "actor", "action", "target", "changes", "requestId"] as const;

const insert = prepareStatement(names, (db, placeholders) =>
  db.insert(auditRows).values({ ...toRow(placeholders), accountId: placeholders.account }),
);

const insertForNewAccount = prepareStatement(names, (db, placeholders) =>
  db.insert(auditRows).values({
    ...toRow(placeholders),
    accountId: sql`(select ${accounts.id} from ${accounts} where ${accounts.uuid} = ${placeholders.account})`,
  }),
);

function toRow({
  first,
  at,
  actor,
  action,
  target,
  changes,
  requestId,
}: Placeholders<(typeof names)[number]>) {
  return { id: nextAuditId(first), at, actor, action, target, changes, requestId };
}

/** The id of the next audit row: greater than all existing ids, and at least `first`, so that ids grow with time. */
function nextAuditId(first: number | Placeholder): SQL<number> {
  const last = sql`(select id from audit_rows order by id desc limit 1)`;
  return sql`(select max(coalesce(${last}, 0) + 1, cast(${first} as integer)))`;
}

/** Fields whose values are masked because the history outlives the person, by the kind of the target. */
const personal: Readonly<Partial<Record<string, readonly string[]>>> = {
  user: ["email", "first_name", "last_name", "avatar"],
  invite: ["email"],
  access_token: ["description"],
} satisfies Partial<Record<AuditTargetKind, readonly string[]>>;

function isPersonal({ target }: AuditEntry, name: string): boolean {
  return personal[target.slice(0, target.indexOf(":"))]?.includes(name) === true;
}

/** Reveals only whether a value was present. */
function mask(value: unknown): unknown {
  return value === null || value === "" ? value : masked;
}
