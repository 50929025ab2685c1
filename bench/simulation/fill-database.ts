/** A database after a year of use, to measure its size. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync, SQLInputValue } from "node:sqlite";

import { firstAuditId } from "../../src/domain/audit.ts";
import { searchText } from "../../src/domain/search.ts";
import { searchKey } from "../../src/domain/text.ts";
import { Random } from "../data/random.ts";
import { adjectives, firstNames, lastNames, nouns } from "../data/words.ts";

/** Rows per account. */
export const proportions = {
  membersPerAccount: 3,
  /** Members of the largest account. Below 100,000 accounts it is a twentieth of their number. */
  maxMembers: 5_000,
  usersPerAccount: 2.5,
  /** One of so many accounts has a pending invitation. */
  accountsPerInvitation: 2,
  auditRowsPerAccount: 20,
} as const;

const year = 365 * 24 * 60 * 60 * 1000;
const start = Date.UTC(2026, 0, 1);

/** Applies the migrations to an empty database and inserts accounts in the proportions above. Triggers insert the rest. */
export function fillDatabase(database: DatabaseSync, accounts: number): void {
  database.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN");
  for (const name of readdirSync("migrations").toSorted()) {
    if (name.endsWith(".sql")) database.exec(readFileSync(join("migrations", name), "utf8"));
  }
  const random = new Random(accounts);
  const insert = inserter(database);
  const users = Math.round(accounts * proportions.usersPerAccount);
  for (let id = 1; id <= users; id += 1) insertUser(insert, random, id);
  const members = additionalMembers(accounts);
  for (let id = 1; id <= accounts; id += 1) {
    insertAccount(insert, random, { id, users, additional: members[id - 1] ?? 0 });
  }
  insertHistory(insert, random, accounts);
  database.exec("COMMIT");
}

/** Returns each account's number of members without the owner, largest first. They follow Zipf's law with a given mean. */
export function additionalMembers(accounts: number): number[] {
  const max = Math.min(proportions.maxMembers, Math.floor(accounts / 20));
  const target = accounts * (proportions.membersPerAccount - 1);
  const membersFor = (exponent: number) =>
    Array.from({ length: accounts }, (_, rank) => Math.round(max / (rank + 1) ** exponent));
  let [low, high] = [0, 2];
  for (let step = 0; step < 40; step += 1) {
    const middle = (low + high) / 2;
    const sum = membersFor(middle).reduce((one, other) => one + other, 0);
    if (sum > target) low = middle;
    else high = middle;
  }
  return membersFor(high);
}

type Insert = (table: string, row: Readonly<Record<string, SQLInputValue>>) => void;

function inserter(database: DatabaseSync): Insert {
  const statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  return (table, row) => {
    const columns = Object.keys(row);
    const placeholders = columns.map(() => "?").join(", ");
    const statement =
      statements.get(table) ??
      database.prepare(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${placeholders})`);
    statements.set(table, statement);
    statement.run(...Object.values(row));
  };
}

function insertUser(insert: Insert, random: Random, id: number): void {
  const [first, last] = [random.pick(firstNames), random.pick(lastNames)];
  const email = searchKey(`${first}.${last}.${id}@example.com`);
  insert("users", {
    id,
    uuid: random.uuid(),
    email,
    email_key: email,
    verified_email: email,
    first_name: first,
    last_name: last,
    search_text: searchText([email, first, last]),
    last_login: start,
    created_at: start,
  });
  const subject = `auth0|${random.uuid().replaceAll("-", "").slice(0, 24)}`;
  insert("identities", { issuer: "https://id.example.com/", subject, user_id: id });
}

function insertAccount(
  insert: Insert,
  random: Random,
  { id, users, additional }: { id: number; users: number; additional: number },
): void {
  const title = `${random.pick(adjectives)} ${random.pick(nouns)} ${random.pick(nouns)}`;
  const owner = 1 + random.below(users);
  insert("accounts", {
    id,
    uuid: random.uuid(),
    slug: `${title.replaceAll(" ", "-")}-${id}`,
    title,
    title_key: title,
    type: "v3growth",
    zone_id: 1 + (id % 2),
    created_by: owner,
    created_at: start,
    usage_period: start,
  });
  // The users after the owner, so that no member is inserted twice.
  for (let offset = 1; offset <= Math.min(additional, users - 1); offset += 1) {
    const user = 1 + ((owner - 1 + offset) % users);
    insert("memberships", { account_id: id, user_id: user, role: "AMEMBER", created_at: start });
  }
  if (id % proportions.accountsPerInvitation > 0) return;
  const email = `guest.${id}@example.net`;
  insert("invites", {
    uuid: random.uuid(),
    account_id: id,
    email,
    email_key: email,
    role: "AMEMBER",
    invited_by: owner,
    sent_at: start,
    valid_until: start + year,
    mailed_at: start,
    created_at: start,
  });
}

/** Inserts the history of a year in the order of time, as the service does. */
function insertHistory(insert: Insert, random: Random, accounts: number): void {
  const rows = accounts * proportions.auditRowsPerAccount;
  const actors = Array.from({ length: 64 }, () => random.uuid());
  for (let row = 0; row < rows; row += 1) {
    const at = start + Math.floor((year * row) / rows);
    const target = random.uuid();
    const changes =
      row % 2 === 0
        ? { title: ["amber anvil bakery", "brisk canyon dairy"] }
        : { [target]: [null, "AMEMBER"] };
    insert("audit_rows", {
      id: firstAuditId(at) + (row % 1024),
      account_id: 1 + random.below(accounts),
      at,
      actor: random.pick(actors),
      action: "account.updated",
      target: `account:${target}`,
      changes: JSON.stringify(changes),
      request_id: random.uuid(),
    });
  }
}
