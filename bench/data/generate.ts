import type { DatabaseSync } from "node:sqlite";

import { createCallers, createFixtures, fixtures } from "./fixtures.ts";
import { Random } from "./random.ts";
import { RowWriter, type RowRef } from "./rows.ts";
import { suspendIndexes } from "./suspend-indexes.ts";
import { adjectives, commonWord, firstNames, lastNames, nouns, rareWord } from "./words.ts";

const day = 24 * 60 * 60 * 1000;
/** Age of the first account. The last one is a week old. */
const maxAge = 730 * day;
/** Titles with the rare word. */
const rareTitles = 20;
/** One of so many accounts has a pending invitation. */
const accountsPerInvitation = 4;
const plans = ["v3starter", "v3fly", "v3growth", "v3pro", "v3enterprise"];

export interface Size {
  readonly accounts: number;
  /** The current time of the data, in epoch milliseconds. */
  readonly now: number;
  readonly seed: number;
}

/**
 * Fills a migrated, empty database. Each of `accounts` accounts has its own owner and two members, and one in four has an
 * invitation. Also creates the fixtures that the operations use.
 */
export function generate(database: DatabaseSync, { accounts, now, seed }: Size): void {
  database.exec(`PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -1000000; PRAGMA foreign_keys = OFF; BEGIN`);
  const restoreIndexes = suspendIndexes(database);
  const random = new Random(seed);
  const rows = new RowWriter(database, random);
  const callers = createCallers(rows, random, now - maxAge, now);
  const step = Math.floor((maxAge - 7 * day) / (accounts + 1));
  const users: RowRef[] = [];
  for (let number = 0; number < Math.max(accounts, fixtures.members); number += 1) {
    users.push(createUser(rows, random, number, now - maxAge));
  }
  const created: RowRef[] = [];
  for (let number = 0; number < accounts; number += 1) {
    const owner = at(users, number);
    const members = new Set([owner, at(users, number * 31 + 7), at(users, number * 17 + 3)]);
    members.delete(owner);
    const createdAt = now - maxAge + step * (number + 1);
    const uuid = random.uuid();
    const { title, slug } = nameOf(random, number, accounts);
    const account = { uuid, slug, title, type: random.pick(plans), zone: 1 + random.below(2) };
    const id = rows.account(account, owner, createdAt);
    created.push({ id, uuid });
    rows.members({ id, uuid }, owner, [...members], createdAt);
  }
  const sendInterval = Math.floor((6 * day) / (accounts + 1));
  for (let number = 0; number < accounts; number += accountsPerInvitation) {
    const address = `guest.${number}@example.net`;
    rows.invite(at(created, number).id, at(users, number), address, now - 6 * day + sendInterval * number);
  }
  createFixtures(database, rows, random, { ...callers, users, accounts: created, now });
  restoreIndexes();
  // Checked once for all rows, which is faster than row by row.
  database.exec("COMMIT; PRAGMA foreign_keys = ON");
  const [broken] = database.prepare("PRAGMA foreign_key_check").all();
  if (broken !== undefined) throw new Error(`Foreign key violation: ${JSON.stringify(broken)}`);
  database.exec("PRAGMA journal_mode = WAL");
}

function createUser(rows: RowWriter, random: Random, number: number, since: number): RowRef {
  const firstName = random.pick(firstNames);
  const lastName = random.pick(lastNames);
  const ascii = `${firstName}.${lastName}`.normalize("NFD").replaceAll(/[^A-Za-z.]/g, "");
  const email = `${ascii.toLowerCase()}.${number}@example.com`;
  return rows.user(
    { uuid: random.uuid(), subject: `user-${number}`, email, firstName, lastName },
    since + number,
  );
}

/** Returns a title and its slug. The number makes the slug unique. */
function nameOf(random: Random, number: number, accounts: number): { title: string; slug: string } {
  const words = [random.pick(adjectives), random.pick(nouns)];
  if (number % 10 === 3) words.push(commonWord);
  if (number % Math.floor(accounts / rareTitles) === 5) words.push(rareWord);
  const title = words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join(" ");
  return { title, slug: `${words.join("-")}-${number}` };
}

/** Returns an element by its index modulo the length. */
function at(all: readonly RowRef[], index: number): RowRef {
  const found = all[index % all.length];
  if (found === undefined) throw new Error("The list is empty");
  return found;
}
