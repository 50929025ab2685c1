/** The only statements that write memberships. Triggers refuse to leave an account without an active owner. */
import { and, eq, inArray, sql, type Placeholder, type SQL } from "drizzle-orm";

import type { AccountRole } from "../../domain/account.ts";
import type { Statement } from "../../storage/database.ts";
import { prepareStatement } from "../../storage/prepared.ts";
import { memberships } from "../../storage/schema.ts";
import type { Context } from "../caller/context.ts";

type HasDatabase = Pick<Context, "db" | "now">;

/** Adds a user, created in the same batch, to an account. Writes three rows. */
export function addNewUser(
  { db, now }: HasDatabase,
  accountId: number,
  { uuid, role }: { readonly uuid: string; readonly role: AccountRole },
): Statement {
  const userId = sql`(select id from users where uuid = ${uuid})`;
  return db.insert(memberships).values({ accountId, userId, role, createdAt: now });
}

/** A user's role before and after a change; null means no membership. */
export interface RoleChange {
  readonly id: number;
  readonly role: AccountRole | null;
  readonly next: AccountRole | null;
}

/**
 * Returns the statements that change roles, one for each kind of change. Promotions and new owners come first,
 * demotions and removals last, because the trigger that keeps an owner runs after each row.
 */
export function changeRoles(
  { db, now }: HasDatabase,
  accountId: number,
  changes: readonly RoleChange[],
): Statement[] {
  const idsOf = (matches: (change: RoleChange) => boolean) => changes.filter(matches).map(({ id }) => id);
  const joining = (role: AccountRole) => idsOf((change) => change.role === null && change.next === role);
  const becoming = (role: AccountRole) => idsOf((change) => change.role !== null && change.next === role);
  const steps = [
    { statement: setRole, role: "AOWNER", ids: becoming("AOWNER") },
    { statement: add, role: "AOWNER", ids: joining("AOWNER") },
    { statement: add, role: "AMEMBER", ids: joining("AMEMBER") },
    { statement: setRole, role: "AMEMBER", ids: becoming("AMEMBER") },
    { statement: remove, role: null, ids: idsOf(({ next }) => next === null) },
  ] as const;
  return steps
    .filter(({ ids }) => ids.length > 0)
    .map(({ statement, role, ids }) => statement(db, { accountId, role, now, userIds: JSON.stringify(ids) }));
}

const names = ["accountId", "role", "now", "userIds"] as const;

const add = prepareStatement(names, (db, { accountId, role, now, userIds }) =>
  db
    .insert(memberships)
    .select(sql`select null, ${accountId}, value, ${role}, ${now} from json_each(${userIds})`),
);

const setRole = prepareStatement(names, (db, { accountId, role, userIds }) =>
  db
    .update(memberships)
    .set({ role: sql`${role}` })
    .where(isAmong(accountId, userIds)),
);

const remove = prepareStatement(names, (db, { accountId, userIds }) =>
  db.delete(memberships).where(isAmong(accountId, userIds)),
);

function isAmong(accountId: Placeholder, userIds: Placeholder): SQL | undefined {
  const ids = sql`(select value from json_each(${userIds}))`;
  return and(eq(memberships.accountId, accountId), inArray(memberships.userId, ids));
}
