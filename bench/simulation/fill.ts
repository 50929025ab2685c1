/** A database as many accounts leave it after a year, to weigh it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync, SQLInputValue } from "node:sqlite";

import { firstAuditId } from "../../src/domain/audit.ts";
import { searchText } from "../../src/domain/search.ts";
import { searchKey } from "../../src/domain/text.ts";
import { Random } from "../data/random.ts";
import { adjectives, firstNames, lastNames, nouns } from "../data/words.ts";

/** What an account comes with. */
export const proportions = {
  membersAnAccount: 3,
  /** No account has more; below 100,000 accounts a twentieth of their number. */
  mostMembers: 5_000,
  usersAnAccount: 2.5,
  /** Every so many accounts one has a pending invitation. */
  accountsAnInvite: 2,
  auditRowsAnAccount: 20,
} as const;

const year = 365 * 24 * 60 * 60 * 1000;
const start = Date.UTC(2026, 0, 1);

/** Fills an empty database: the migrations, then accounts in the proportions above; its triggers make the rest. */
export function fill(database: DatabaseSync, accounts: number): void {
  database.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN");
  for (const name of readdirSync("migrations").toSorted()) {
    if (name.endsWith(".sql")) database.exec(readFileSync(join("migrations", name), "utf8"));
  }
  const random = new Random(accounts);
  const insert = inserter(database);
  const users = Math.round(accounts * proportions.usersAnAccount);
  for (let id = 1; id <= users; id += 1) makeUser(insert, random, id);
  const extra = furtherMembers(accounts);
  for (let id = 1; id <= accounts; id += 1) {
    makeAccount(insert, random, { id, users, further: extra[id - 1] ?? 0 });
  }
  makeHistory(insert, random, accounts);
  database.exec("COMMIT");
}

/** How many members the accounts have beside their owner, the largest first: as Zipf's law, in sum twice their number. */
export function furtherMembers(accounts: number): number[] {
  const most = Math.min(proportions.mostMembers, Math.floor(accounts / 20));
  const wanted = accounts * (proportions.membersAnAccount - 1);
  const of = (exponent: number) =>
    Array.from({ length: accounts }, (_, rank) => Math.round(most / (rank + 1) ** exponent));
  let [least, greatest] = [0, 2];
  for (let step = 0; step < 40; step += 1) {
    const middle = (least + greatest) / 2;
    const sum = of(middle).reduce((one, other) => one + other, 0);
    if (sum > wanted) least = middle;
    else greatest = middle;
  }
  return of(greatest);
}

type Insert = (table: string, row: Readonly<Record<string, SQLInputValue>>) => void;

function inserter(database: DatabaseSync): Insert {
  const statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  return (table, row) => {
    const columns = Object.keys(row);
    const marks = columns.map(() => "?").join(", ");
    const statement =
      statements.get(table) ??
      database.prepare(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${marks})`);
    statements.set(table, statement);
    statement.run(...Object.values(row));
  };
}

function makeUser(insert: Insert, random: Random, id: number): void {
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

function makeAccount(
  insert: Insert,
  random: Random,
  { id, users, further }: { id: number; users: number; further: number },
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
  // One after another behind the owner, so that none comes twice.
  for (let place = 1; place <= Math.min(further, users - 1); place += 1) {
    const user = 1 + ((owner - 1 + place) % users);
    insert("memberships", { account_id: id, user_id: user, role: "AMEMBER", created_at: start });
  }
  if (id % proportions.accountsAnInvite > 0) return;
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

/** A year's history in the order of time, as it is written. */
function makeHistory(insert: Insert, random: Random, accounts: number): void {
  const rows = accounts * proportions.auditRowsAnAccount;
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
