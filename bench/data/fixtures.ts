import type { DatabaseSync } from "node:sqlite";

import type { Random } from "./random.ts";
import type { RowRef, RowWriter } from "./rows.ts";

/** Accounts that the operations use, for every size of the database. */
export const fixtures = {
  /** Slug of an account with `members` members, including its owner. */
  crowd: "bench-crowd",
  members: 5_000,
  /** Slug of the account that most operations use. */
  home: "bench-home",
  /** Number of the guest's accounts. */
  guestOf: 200,
  /** Number of accounts whose usage is incremented: `bench-counted-0` and following. */
  counted: 64,
} as const;

/** The callers by the subject of their tokens. They are the first users, so that their ids are known. */
export const callers = {
  /** Sees every account as a member of the group Support. */
  reader: { id: 1, email: "reader@bench.example" },
  /** Owns the accounts above. */
  owner: { id: 2, email: "owner@bench.example" },
  /** A member of many accounts who owns none. */
  guest: { id: 3, email: "guest@bench.example" },
} as const;
export type CallerName = keyof typeof callers;

/** Id of the group Support. */
const support = 3;
/** An operator's usage limit that the benchmark does not reach. */
const usageLimit = 1_000_000_000_000;

/** Creates the callers. They have just signed in, so their requests do not update `last_login`. */
export function createCallers(
  rows: RowWriter,
  random: Random,
  since: number,
  now: number,
): Record<CallerName, RowRef> {
  const create = (subject: CallerName) => {
    const { email } = callers[subject];
    const names = { firstName: subject, lastName: "Bench" };
    return rows.user({ uuid: random.uuid(), subject, email, ...names }, since, now);
  };
  return { reader: create("reader"), owner: create("owner"), guest: create("guest") };
}

/** The rows created so far. */
export interface CreatedRows extends Record<CallerName, RowRef> {
  readonly users: readonly RowRef[];
  readonly accounts: readonly RowRef[];
  readonly now: number;
}

/** Creates the accounts in `fixtures`. */
export function createFixtures(
  database: DatabaseSync,
  rows: RowWriter,
  random: Random,
  created: CreatedRows,
): void {
  const { reader, owner, guest, users, accounts, now } = created;
  database.prepare("INSERT INTO user_groups (user_id, group_id) VALUES (?, ?)").run(reader.id, support);
  const createAccount = (slug: string): RowRef => {
    const uuid = random.uuid();
    const account = { uuid, slug, title: slug.replaceAll("-", " "), type: "v3enterprise", zone: 1 };
    return { id: rows.account(account, owner, now), uuid };
  };
  createAccount(fixtures.home);
  rows.members(createAccount(fixtures.crowd), owner, users.slice(0, fixtures.members - 1), now);
  for (let number = 0; number < fixtures.counted; number += 1) createAccount(`bench-counted-${number}`);
  for (const account of accounts.slice(0, fixtures.guestOf)) rows.members(account, owner, [guest], now);
  database.prepare("UPDATE accounts SET usage_limit = ? WHERE slug glob 'bench-counted-*'").run(usageLimit);
}
