import type { DatabaseSync } from "node:sqlite";

import { Random } from "./random.ts";
import { Rows, type Known } from "./rows.ts";
import { makeShapes, people, shapes } from "./shapes.ts";
import { suspend } from "./suspend.ts";
import { adjectives, commonWord, firstNames, lastNames, nouns, rareWord } from "./words.ts";

const day = 24 * 60 * 60 * 1000;
/** How far back the first account lies; the last one lies a week back. */
const history = 730 * day;
/** How many titles hold the rare word. */
const rare = 20;
/** Every so many accounts one has a pending invitation. */
const invited = 4;
const plans = ["v3starter", "v3fly", "v3growth", "v3pro", "v3enterprise"];

export interface Size {
  readonly accounts: number;
  /** The moment at which the data is as it stands, in epoch milliseconds. */
  readonly now: number;
  readonly seed: number;
}

/**
 * Fills an empty database, its migrations applied: `accounts` accounts with an owner of their own, two
 * members each and an invitation in a fourth, and beside them the accounts that the operations ask for.
 */
export function generate(database: DatabaseSync, { accounts, now, seed }: Size): void {
  database.exec(`PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -1000000; PRAGMA foreign_keys = OFF; BEGIN`);
  const restore = suspend(database);
  const random = new Random(seed);
  const rows = new Rows(database, random);
  const known = people(rows, random, now - history, now);
  const step = Math.floor((history - 7 * day) / (accounts + 1));
  const ordinary: Known[] = [];
  for (let number = 0; number < Math.max(accounts, shapes.members); number += 1) {
    ordinary.push(makeUser(rows, random, number, now - history));
  }
  const made: Known[] = [];
  for (let number = 0; number < accounts; number += 1) {
    const owner = nth(ordinary, number);
    const members = new Set([owner, nth(ordinary, number * 31 + 7), nth(ordinary, number * 17 + 3)]);
    members.delete(owner);
    const moment = now - history + step * (number + 1);
    const uuid = random.uuid();
    const { title, slug } = nameOf(random, number, accounts);
    const account = { uuid, slug, title, type: random.pick(plans), zone: 1 + random.below(2) };
    const id = rows.account(account, owner, moment);
    made.push({ id, uuid });
    rows.members({ id, uuid }, owner, [...members], moment);
  }
  const week = Math.floor((6 * day) / (accounts + 1));
  for (let number = 0; number < accounts; number += invited) {
    const address = `guest.${number}@example.net`;
    rows.invite(nth(made, number).id, nth(ordinary, number), address, now - 6 * day + week * number);
  }
  makeShapes(database, rows, random, { ...known, ordinary, made, now });
  restore();
  // Checked once for all of them, which is quicker than row by row.
  database.exec("COMMIT; PRAGMA foreign_keys = ON");
  const [broken] = database.prepare("PRAGMA foreign_key_check").all();
  if (broken !== undefined) throw new Error(`A row leads nowhere: ${JSON.stringify(broken)}`);
  database.exec("PRAGMA journal_mode = WAL");
}

function makeUser(rows: Rows, random: Random, number: number, at: number): Known {
  const firstName = random.pick(firstNames);
  const lastName = random.pick(lastNames);
  const plain = `${firstName}.${lastName}`.normalize("NFD").replaceAll(/[^A-Za-z.]/g, "");
  const email = `${plain.toLowerCase()}.${number}@example.com`;
  return rows.user(
    { uuid: random.uuid(), subject: `user-${number}`, email, firstName, lastName },
    at + number,
  );
}

/** A title and its slug; the number keeps slugs apart. */
function nameOf(random: Random, number: number, accounts: number): { title: string; slug: string } {
  const words = [random.pick(adjectives), random.pick(nouns)];
  if (number % 10 === 3) words.push(commonWord);
  if (number % Math.floor(accounts / rare) === 5) words.push(rareWord);
  const title = words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join(" ");
  return { title, slug: `${words.join("-")}-${number}` };
}

/** The one at a place, beginning anew behind the last. */
function nth(all: readonly Known[], place: number): Known {
  const found = all[place % all.length];
  if (found === undefined) throw new Error("There is none");
  return found;
}
