import type { DatabaseSync } from "node:sqlite";

import type { Random } from "./random.ts";
import type { Known, Rows } from "./rows.ts";

/** What the operations ask for, whatever the size: who asks, and accounts of a known shape. */
export const shapes = {
  /** The account with as many members as `members`, its owner among them. */
  crowd: "bench-crowd",
  members: 5_000,
  /** The account that one operation after another asks for. */
  home: "bench-home",
  /** In how many accounts the guest is. */
  guestOf: 200,
  /** Accounts that are counted in turn: `bench-counted-0` and on. */
  counted: 64,
} as const;

/** Who asks, by the subject of their token: the first users of all, so that their ids are known. */
export const callers = {
  /** Sees every account, being in the group Support. */
  reader: { id: 1, email: "reader@bench.example" },
  /** Owns the accounts of a known shape. */
  owner: { id: 2, email: "owner@bench.example" },
  /** Is in many accounts and owns none. */
  guest: { id: 3, email: "guest@bench.example" },
} as const;
export type CallerName = keyof typeof callers;

const support = 3;
/** The operator's limit for what is counted, far beyond what is counted here. */
const limit = 1_000_000_000_000;

/** Makes those who ask; they have just signed in, so that asking writes nothing. */
export function people(rows: Rows, random: Random, since: number, now: number): Record<CallerName, Known> {
  const make = (subject: CallerName) => {
    const { email } = callers[subject];
    const names = { firstName: subject, lastName: "Bench" };
    return rows.user({ uuid: random.uuid(), subject, email, ...names }, since, now);
  };
  return { reader: make("reader"), owner: make("owner"), guest: make("guest") };
}

/** Everybody and everything made so far. */
export interface World extends Record<CallerName, Known> {
  readonly ordinary: readonly Known[];
  readonly made: readonly Known[];
  readonly now: number;
}

/** Makes the accounts of a known shape. */
export function makeShapes(database: DatabaseSync, rows: Rows, random: Random, world: World): void {
  const { reader, owner, guest, ordinary, made, now } = world;
  database.prepare("INSERT INTO user_groups (user_id, group_id) VALUES (?, ?)").run(reader.id, support);
  const make = (slug: string): Known => {
    const uuid = random.uuid();
    const account = { uuid, slug, title: slug.replaceAll("-", " "), type: "v3enterprise", zone: 1 };
    return { id: rows.account(account, owner, now), uuid };
  };
  make(shapes.home);
  rows.members(make(shapes.crowd), owner, ordinary.slice(0, shapes.members - 1), now);
  for (let number = 0; number < shapes.counted; number += 1) make(`bench-counted-${number}`);
  for (const account of made.slice(0, shapes.guestOf)) rows.members(account, owner, [guest], now);
  database.prepare("UPDATE accounts SET usage_limit = ? WHERE slug glob 'bench-counted-*'").run(limit);
}
