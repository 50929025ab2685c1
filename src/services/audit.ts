import { type Placeholder, sql, type SQL } from "drizzle-orm";

import { firstAuditId } from "../domain/audit.ts";
import type { Statement } from "../storage/database.ts";
import { type Placeholders, prepareStatement } from "../storage/prepared.ts";
import { accounts, auditRows } from "../storage/schema.ts";
import type { Context } from "./caller/context.ts";

/** Stands for a value that changed and is not told. */
export const masked = "…";

/** What was done, told so that it can be read without knowing the code. */
export interface AuditEntry {
  /** The account whose history this belongs to: by uuid one made in the same batch; null for what outlives it. */
  readonly accountId: number | { readonly uuid: string } | null;
  /** Thing and deed, such as `account.updated`. */
  readonly action: string;
  /** What it was done to, such as `account:{uuid}`. */
  readonly target: string;
  /** `[before, after]` of each field; those that are the same are left out, and secrets must be. Of people only which fields. */
  readonly changes: Readonly<Record<string, readonly [before: unknown, after: unknown]>>;
}

/** The statement that writes an audit row; it belongs in the batch of the change itself. */
export function auditStatement(
  { db, now, requestId }: Pick<Context, "db" | "now" | "requestId">,
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
    ? insertOfNew(db, { ...row, account: accountId.uuid })
    : insert(db, { ...row, account: accountId });
}

const names = ["first", "account", "at", "actor", "action", "target", "changes", "requestId"] as const;

const insert = prepareStatement(names, (db, slots) =>
  db.insert(auditRows).values({ ...rowOf(slots), accountId: slots.account }),
);

const insertOfNew = prepareStatement(names, (db, slots) =>
  db.insert(auditRows).values({
    ...rowOf(slots),
    accountId: sql`(select ${accounts.id} from ${accounts} where ${accounts.uuid} = ${slots.account})`,
  }),
);

function rowOf({
  first,
  at,
  actor,
  action,
  target,
  changes,
  requestId,
}: Placeholders<(typeof names)[number]>) {
  return { id: idFrom(first), at, actor, action, target, changes, requestId };
}

/** The id of the next audit row at `now`: later than all there are, and in the order of time. */
export function nextAuditId(now: number): SQL<number> {
  return idFrom(firstAuditId(now));
}

function idFrom(first: number | Placeholder): SQL<number> {
  const last = sql`(select id from audit_rows order by id desc limit 1)`;
  return sql`(select max(coalesce(${last}, 0) + 1, cast(${first} as integer)))`;
}

/** What a history does not keep of people, for it outlives them: only that it changed. By the kind of its target. */
const personal: Readonly<Record<string, readonly string[]>> = {
  user: ["email", "first_name", "last_name", "avatar"],
  invite: ["email"],
  access_token: ["description"],
};

function isPersonal({ target }: AuditEntry, name: string): boolean {
  return personal[target.slice(0, target.indexOf(":"))]?.includes(name) === true;
}

/** Whether there was anything may be told. */
function mask(value: unknown): unknown {
  return value === null || value === "" ? value : masked;
}
