/** Reads and writes the database directly, without the service. */
import { env } from "cloudflare:workers";
import { getTableName, is } from "drizzle-orm";
import { SQLiteTable } from "drizzle-orm/sqlite-core";

import * as referenceTables from "../../src/storage/reference-tables.ts";
import { type Caller, type TestAccount, unique } from "./fixtures.ts";

/** Runs a statement. */
export async function execute(statement: string, ...values: unknown[]): Promise<void> {
  await env.DB.prepare(statement)
    .bind(...values)
    .run();
}

export async function deactivate(user: Caller): Promise<void> {
  const me = await user.get("/api/v1/user");
  await execute("UPDATE users SET is_active = 0 WHERE uuid = ?", me.body.id);
}

/** Updates columns of the row with this public id. */
export async function setColumns(
  table: "accounts" | "invites" | "personal_access_tokens",
  id: string,
  columns: Readonly<Record<string, unknown>>,
): Promise<void> {
  const set = Object.keys(columns).map((name) => `${name} = ?`);
  const key = table === "personal_access_tokens" ? "id" : "uuid";
  await execute(`UPDATE ${table} SET ${set.join(", ")} WHERE ${key} = ?`, ...Object.values(columns), id);
}

/** Updates columns of an account. */
export async function setAccount(
  { id }: TestAccount,
  columns: Readonly<Record<string, unknown>>,
): Promise<void> {
  await setColumns("accounts", id, columns);
}

/** Inserts a private zone. */
export async function createPrivateZone(): Promise<{ id: string; slug: string }> {
  const zone = { id: crypto.randomUUID(), slug: unique("private") };
  await execute(
    "INSERT INTO zones (uuid, slug, title, cloud_provider, private, location_hint) VALUES (?, ?, 'Private', 'ON_PREMISES', 1, 'weur')",
    zone.id,
    zone.slug,
  );
  return zone;
}

type Value = string | number | null;
export type Statement = readonly [sql: string, ...parameters: Value[]];

/** The tables of allowed values, which migrations alone change. */
export const referenceTableNames = Object.values(referenceTables)
  .filter((one) => is(one, SQLiteTable))
  .map(getTableName);

/** Runs statements in one transaction and returns the rows of each. */
export async function runStatements(...statements: Statement[]): Promise<Record<string, unknown>[][]> {
  const prepared = statements.map(([sql, ...parameters]) => env.DB.prepare(sql).bind(...parameters));
  const results = await env.DB.batch<Record<string, unknown>>(prepared);
  return results.map(({ results: rows }) => rows);
}

/** Returns the trigger's message or the constraint with which the database rejects statements; undefined if it accepts them. */
export async function databaseError(...statements: Statement[]): Promise<string | undefined> {
  try {
    await runStatements(...statements);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    const named = /^D1_ERROR: (.+?): SQLITE_CONSTRAINT/.exec(message)?.[1];
    if (named === undefined) throw error;
    return named;
  }
}

/** Returns the rows of a query. */
export async function queryRows(statement: string, ...values: unknown[]): Promise<Record<string, unknown>[]> {
  const { results } = await env.DB.prepare(statement)
    .bind(...values)
    .all();
  return results;
}

/** Returns the first row of a query, or undefined. */
export async function queryRow<Row = Record<string, unknown>>(
  sql: string,
  ...parameters: unknown[]
): Promise<Row | undefined> {
  const found = await env.DB.prepare(sql)
    .bind(...parameters)
    .first<Row>();
  return found ?? undefined;
}

/** Inserts a user and returns its integer id. */
export async function insertUser(fields: { active?: boolean } = {}): Promise<number> {
  const made = await queryRow(
    "INSERT INTO users (uuid, is_active, created_at) VALUES (?, ?, 0) RETURNING id",
    crypto.randomUUID(),
    fields.active === false ? 0 : 1,
  );
  return Number(made?.["id"]);
}

/** Returns the statement that inserts an account. */
export function accountInsert(
  owner: number,
  fields: { id?: number; uuid?: string; slug?: string; verb?: string } = {},
): Statement {
  return [
    `${fields.verb ?? "INSERT"} INTO accounts (id, uuid, slug, title, title_key, type, created_by, created_at)
     VALUES (?, ?, ?, 'Title', 'title', 'cowork', ?, 0)`,
    fields.id ?? null,
    fields.uuid ?? crypto.randomUUID(),
    fields.slug ?? unique("acme"),
    owner,
  ];
}

export interface StoredAccount {
  readonly id: number;
  readonly uuid: string;
  readonly slug: string;
}

export async function insertAccountOf(owner: number): Promise<StoredAccount> {
  const uuid = crypto.randomUUID();
  const slug = unique("acme");
  await runStatements(accountInsert(owner, { uuid, slug }));
  return { id: Number((await queryRow("SELECT id FROM accounts WHERE uuid = ?", uuid))?.["id"]), uuid, slug };
}

/** Returns the statement that inserts a membership. */
export function memberInsert(account: number, user: number, role = "AMEMBER", verb = "INSERT"): Statement {
  return [
    `${verb} INTO memberships (account_id, user_id, role, created_at) VALUES (?, ?, ?, 0)`,
    account,
    user,
    role,
  ];
}

/** Returns the statement that inserts an invitation. */
export function inviteInsert(account: number, address: string, state = "pending"): Statement {
  return [
    `INSERT INTO invites (uuid, account_id, email, email_key, role, state, sent_at, valid_until, created_at)
     VALUES (?, ?, ?, ?, 'AMEMBER', ?, 0, 0, 0)`,
    crypto.randomUUID(),
    account,
    address,
    address,
    state,
  ];
}

/** Returns all rows that must not change when a statement is rejected. */
export async function everythingOfDatabase(): Promise<unknown> {
  return runStatements(
    ["SELECT * FROM accounts ORDER BY id"],
    ["SELECT * FROM users ORDER BY id"],
    ["SELECT * FROM memberships ORDER BY id"],
    ["SELECT * FROM invites ORDER BY id"],
    ["SELECT * FROM counters ORDER BY name"],
  );
}

/** Returns the inconsistencies in the database: accounts without an owner and wrong counters. */
export async function inconsistencies(): Promise<Record<string, unknown>[]> {
  const [ownerless, miscounted, drifted] = await runStatements(
    [
      "SELECT id AS ownerless FROM accounts WHERE id NOT IN (SELECT account_id FROM active_owners) ORDER BY id",
    ],
    [
      `SELECT id AS miscounted FROM accounts
       WHERE member_count <> (SELECT count(*) FROM memberships WHERE account_id = accounts.id) ORDER BY id`,
    ],
    [
      `SELECT name AS drifted, value - counted AS surplus FROM counters JOIN (
         SELECT 'accounts' AS counter, (SELECT count(*) FROM accounts) AS counted
         UNION ALL SELECT 'memberships', (SELECT count(*) FROM memberships)
         UNION ALL SELECT 'users', (SELECT count(*) FROM users)
       ) ON counter = name WHERE value <> counted`,
    ],
  );
  return [...(ownerless ?? []), ...(miscounted ?? []), ...(drifted ?? [])];
}
