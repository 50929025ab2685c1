import { and, eq, inArray, type Placeholder, sql, type SQL } from "drizzle-orm";

import type { AccountRole } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { assertion, runBatch, type Statement } from "../../storage/database.ts";
import { memoize, prepareQuery, prepareStatement } from "../../storage/prepared.ts";
import { memberships, users } from "../../storage/schema.ts";
import {
  type Access,
  accountIdByName,
  type AccountName,
  accountQuery,
  assertAccess,
  checkAccess,
} from "../accounts/access.ts";
import { assertSeatsAvailable } from "../accounts/limits.ts";
import { auditStatement } from "../audit.ts";
import { type Caller, queryAsCaller } from "../caller/caller.ts";
import type { Context } from "../caller/context.ts";

/** Who becomes what, and who leaves; nobody is named twice. */
export interface MemberChanges {
  readonly add: readonly { readonly uuid: string; readonly role: AccountRole }[];
  readonly remove: readonly string[];
}

/**
 * Makes users members, changes members' roles and removes members, all or nothing. Removing who is
 * no member changes nothing. Throws what `checkAccess` throws, `user_not_found` with the uuids of
 * added users there are not, `seat_limit_reached`, and `last_owner` where no active owner would be left. Two
 * round trips; one when nothing changes.
 */
export async function updateMembers(ctx: Context, which: AccountName, changes: MemberChanges): Promise<void> {
  const named = [...changes.add.map(({ uuid }) => uuid), ...changes.remove];
  const [caller, [found], known] = await queryAsCaller(
    ctx,
    accountQuery(ctx, which),
    namedUsers(ctx, which, named),
  );
  const access = checkAccess(ctx, caller, found);
  const present = new Map(known.map((user) => [user.uuid, user]));
  const missing = changes.add.map(({ uuid }) => uuid).filter((uuid) => !present.has(uuid));
  if (missing.length > 0) throw new DomainError("user_not_found", { values: missing });
  await writeMembers(ctx, access, known, (user) => roleAfter(changes, user));
}

/**
 * Lets a member go: oneself, or another for who may change members. Throws what `checkAccess`
 * throws, and `user_not_found` for who is no member; a blocked account may be left. Two round trips.
 */
export async function removeMember(ctx: Context, which: AccountName, uuid: string): Promise<void> {
  const [caller, [found], known] = await queryAsCaller(
    ctx,
    accountQuery(ctx, which),
    namedUsers(ctx, which, [uuid]),
  );
  const access = checkAccess(ctx, caller, found, isSelf(caller, uuid) ? undefined : "members:write");
  if (known[0]?.role == null) throw new DomainError("user_not_found");
  await writeMembers(ctx, access, known, () => null);
}

/** A user that is named, with the role they have. */
interface NamedUser {
  readonly id: number;
  readonly uuid: string;
  readonly role: AccountRole | null;
}

function namedUsers(ctx: Context, { by, value }: AccountName, uuids: readonly string[]) {
  return usersNamed(by)(ctx.db, { name: value, uuids: JSON.stringify(uuids) });
}

const usersNamed = memoize((by: AccountName["by"]) => {
  const ofAccount = sql`memberships.account_id = ${accountIdByName(by)}`;
  return prepareQuery((queries) =>
    queries
      .select({ id: users.id, uuid: users.uuid, role: sql<AccountRole | null>`memberships.role`.as("role") })
      .from(users)
      .leftJoin(memberships, and(eq(memberships.userId, users.id), ofAccount))
      .where(inArray(users.uuid, among(sql.placeholder("uuids"))))
      .orderBy(users.id),
  );
});

function isSelf(caller: Caller, uuid: string): boolean {
  return caller.uuid === uuid;
}

function roleAfter({ add, remove }: MemberChanges, { uuid, role }: NamedUser): AccountRole | null {
  if (remove.includes(uuid)) return null;
  return add.find((added) => added.uuid === uuid)?.role ?? role;
}

/** Promotions and newcomers before demotions, removals last: the trigger that keeps an owner looks after each. */
async function writeMembers(
  ctx: Context,
  access: Access,
  known: readonly NamedUser[],
  after: (user: NamedUser) => AccountRole | null,
): Promise<void> {
  const { db, now } = ctx;
  const { account, caller } = access;
  const moves = known
    .map((user) => ({ ...user, next: after(user) }))
    .filter(({ role, next }) => role !== next);
  if (moves.length === 0) return;
  const ids = (of: (move: (typeof moves)[number]) => boolean) => moves.filter(of).map(({ id }) => id);
  const joining = (role: AccountRole) => ids((move) => move.role === null && move.next === role);
  const becoming = (role: AccountRole) => ids((move) => move.role !== null && move.next === role);
  const leaving = ids(({ next }) => next === null);
  const newcomers = joining("AOWNER").length + joining("AMEMBER").length;
  const seats = newcomers - leaving.length;
  const change = (how: typeof join, role: AccountRole, userIds: readonly number[]): Statement[] =>
    userIds.length === 0
      ? []
      : [how(db, { accountId: account.id, role, now, userIds: JSON.stringify(userIds) })];

  await runBatch(db, [
    assertAccess(ctx, access),
    stillAsNamed(ctx, account.id, known),
    ...(seats > 0 ? [assertSeatsAvailable(ctx, account, seats)] : []),
    ...change(become, "AOWNER", becoming("AOWNER")),
    ...change(join, "AOWNER", joining("AOWNER")),
    ...change(join, "AMEMBER", joining("AMEMBER")),
    ...change(become, "AMEMBER", becoming("AMEMBER")),
    ...(leaving.length === 0 ? [] : [leave(db, { accountId: account.id, userIds: JSON.stringify(leaving) })]),
    auditStatement(ctx, caller, {
      accountId: account.id,
      action: "members.updated",
      target: `account:${account.uuid}`,
      changes: Object.fromEntries(moves.map(({ uuid, role, next }) => [uuid, [role, next]])),
    }),
  ]);
}

const join = prepareStatement(
  ["accountId", "role", "now", "userIds"],
  (db, { accountId, role, now, userIds }) =>
    db
      .insert(memberships)
      .select(sql`select null, ${accountId}, value, ${role}, ${now} from json_each(${userIds})`),
);

const become = prepareStatement(["accountId", "role", "userIds"], (db, { accountId, role, userIds }) =>
  db
    .update(memberships)
    .set({ role: sql`${role}` })
    .where(membershipsOf(accountId, userIds)),
);

const leave = prepareStatement(["accountId", "userIds"], (db, { accountId, userIds }) =>
  db.delete(memberships).where(membershipsOf(accountId, userIds)),
);

function membershipsOf(accountId: Placeholder, userIds: Placeholder): SQL | undefined {
  return and(eq(memberships.accountId, accountId), inArray(memberships.userId, among(userIds)));
}

/** A batch with this fails as `conflict` unless the users have the roles they were read with. */
function stillAsNamed({ db }: Context, accountId: number, known: readonly NamedUser[]): Statement {
  return sameRoles(db, { accountId, read: JSON.stringify(known.map(({ id, role }) => [id, role])) });
}

const sameRoles = prepareStatement(["accountId", "read"], (db, { accountId, read }) => {
  const differing = sql`select 1 from json_each(${read}) as named left join users on users.id = json_extract(named.value, '$[0]') left join memberships on memberships.user_id = users.id and memberships.account_id = ${accountId} where users.id is null or memberships.role is not json_extract(named.value, '$[1]')`;
  return assertion(db, "conflict", sql`not exists (${differing})`);
});

/** What a JSON array holds, of which a kept statement can have any number. */
function among(values: Placeholder): SQL {
  return sql`(select value from json_each(${values}))`;
}
