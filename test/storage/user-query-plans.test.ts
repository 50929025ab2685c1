/** Query plans of the lists of users and analysts: their cost does not depend on other accounts' data. */
import { beforeAll, describe, expect, it } from "vitest";

import { CostMeter, delayedQueue } from "../support/cost-meter.ts";
import { insertUser, queryRow, runStatements } from "../support/database.ts";
import { effort, sample } from "../support/effort.ts";
import {
  addMember,
  type Caller,
  createAccount,
  createOperator,
  createSupportUser,
  createUser,
  unique,
} from "../support/fixtures.ts";
import { analystsPath, usersPath } from "../support/organization-users.ts";
import { costDifferences, measureRowsRead, type RowsRead } from "./query-costs.ts";
import { expectNoScans, isSort, statementsOfLinks, type TableScan } from "./query-plans.ts";

const counter = new CostMeter({ JOBS: delayedQueue });

/** Inserts users, a thousand for each new account. */
async function generate(count: number): Promise<void> {
  const batch = crypto.randomUUID();
  const owner = await insertUser();
  await runStatements([
    `INSERT INTO users (uuid, email, email_key, first_name, search_text, created_at)
     WITH RECURSIVE made (uuid, left) AS (
       SELECT lower(hex(randomblob(16))), cast(?1 AS INTEGER)
       UNION ALL SELECT lower(hex(randomblob(16))), left - 1 FROM made WHERE left > 1
     )
     SELECT uuid, uuid || '@generated.example', uuid || '@generated.example', ?2,
       char(1, 1) || uuid || '@generated.example' || char(10, 1, 1) || ?2 || char(10, 1, 1), 0 FROM made`,
    count,
    batch,
  ]);
  for (let made = 0; made < count; made += 1_000) {
    const uuid = crypto.randomUUID();
    await runStatements(
      [
        `INSERT INTO accounts (uuid, slug, title, title_key, type, created_by, created_at)
         VALUES (?1, ?1, ?1, ?1, 'cowork', ?2, 0)`,
        uuid,
        owner,
      ],
      [
        `INSERT INTO memberships (account_id, user_id, role, created_at)
         SELECT (SELECT id FROM accounts WHERE uuid = ?1), id, 'AMEMBER', 0 FROM users
         WHERE first_name = ?2 ORDER BY id LIMIT 1000 OFFSET ?3`,
        uuid,
        batch,
        made,
      ],
    );
  }
}

/** Inserts members of an account whose name contains a word. */
async function generateMarked(count: number, word: string, account: string): Promise<void> {
  await runStatements(
    [
      `INSERT INTO users (uuid, first_name, search_text, created_at)
       WITH RECURSIVE made (uuid, left) AS (
         SELECT lower(hex(randomblob(16))), cast(?1 AS INTEGER)
         UNION ALL SELECT lower(hex(randomblob(16))), left - 1 FROM made WHERE left > 1
       )
       SELECT uuid, ?2, char(1, 1, 10, 1, 1) || ?2 || char(10, 1, 1), 0 FROM made`,
      count,
      word,
    ],
    [
      `INSERT INTO memberships (account_id, user_id, role, created_at)
       SELECT (SELECT id FROM accounts WHERE uuid = ?1), id, 'AMEMBER', 0 FROM users WHERE first_name = ?2`,
      account,
      word,
    ],
  );
}

/** Allows scans by rowid in the requested order with a LIMIT, if they skip no row. */
function mayWalk({ sql, target, plan }: TableScan): boolean {
  const walk = target === "users" || target === "memberships";
  return walk && / limit /.test(sql) && !/ match | instr\(/.test(sql) && !plan.some(isSort);
}

const variants: Readonly<Record<string, string>> = {
  "the first page": "",
  "a page by its number": "page=3",
  "the last page": "page=last",
  "a large page": "page_size=100",
  "a search for a long term": "search=generated",
  "a search for a short term": "search=ge",
  "a search for both": "search=generated ge",
  "a search for many terms": `search=${Array.from({ length: 30 }, (_, at) => `term${at}`).join(" ")}`,
  "a search, a page by its number": "search=generated&page=3",
  "a search, the last page": "search=generated&page=last",
};

const callers: readonly { readonly who: string; readonly create: () => Promise<Caller> }[] = [
  { who: "an owner", create: createUser },
  { who: "an operator", create: createOperator },
  { who: "a support user", create: createSupportUser },
];

describe("no statement of a list scans a growing table", () => {
  beforeAll(async () => generate(500));

  const lists = Object.entries(variants)
    .flatMap(([variant, query]) => [
      { variant, list: "users", path: `${usersPath}?${query}`, named: false },
      { variant, list: "analysts", path: `${analystsPath}?${query}`, named: false },
      { variant, list: "analysts of one organization", path: `${analystsPath}?${query}`, named: true },
    ])
    .flatMap((list, at) => sample(callers, at).map((caller) => ({ ...list, ...caller })));

  it.each(lists)(
    "no statement of $variant of $list by $who scans a growing table",
    async ({ path, named, create }) => {
      const caller = await create();
      const account = await createAccount(caller);
      await generateMarked(50, unique("generated"), account.id);
      counter.read();
      const answer = await counter
        .meter(caller)
        .get(`${path}${named ? `&organization=${account.slug}` : ""}`);
      expect([200, 404]).toContain(answer.status);
      await expectNoScans(counter.read().statements, mayWalk);
    },
  );

  const linked = [usersPath, analystsPath]
    .flatMap((path) => ["", "&search=generated", "&search=ge"].map((query) => ({ path, query })))
    .flatMap((list, at) => sample(callers, at).map((caller) => ({ ...list, ...caller })));

  it.each(linked)(
    "no statement of the next and previous pages of $path with '$query' by $who scans a growing table",
    async ({ path, query, create }) => {
      const caller = await create();
      const account = await createAccount(caller);
      await generateMarked(8, "Ge generated", account.id);
      const list = `${path}?page_size=1${query}`;
      await expectNoScans(await statementsOfLinks(counter, caller, list), mayWalk);
    },
  );
});

it("the rows that a list reads do not depend on the number of other users", async () => {
  const [owner, reader, root] = [await createUser(), await createSupportUser(), await createOperator()];
  const word = unique("marker");
  const own = await createAccount(owner);
  await generateMarked(20, word, own.id);
  await addMember(own, reader);
  await root.get("/api/v1/user");

  async function readings(): Promise<RowsRead> {
    const { read, cost } = measureRowsRead(counter);
    for (const [kind, caller] of Object.entries({ reader, operator: root })) {
      for (const list of [usersPath, analystsPath]) {
        const of = `${kind}: ${list}`;
        const first = await cost(`${of} first page`, caller, list);
        await cost(`${of} second page`, caller, first.body.next);
        await cost(`${of} last page`, caller, `${list}?page=last&page_size=20`);
        const last = await caller.get(`${list}?page=last&page_size=20`);
        const back = await cost(`${of} deep page, backwards`, caller, last.body.previous);
        const further = await caller.get(back.body.previous);
        const deep = await cost(`${of} deep page, onwards`, caller, further.body.next);
        expect(deep.body.results).toHaveLength(20);
        expect(deep.body.results).toEqual(back.body.results);
        const found = await cost(`${of} search`, caller, `${list}?search=${word}&page_size=10`, 20);
        await cost(`${of} search, next page`, caller, found.body.next, 20);
        await cost(`${of} search for nothing`, caller, `${list}?search=nothing-${word}`, 0);
      }
      await cost(`${kind}: analysts of one`, caller, `${analystsPath}?organization=${own.slug}`);
    }
    const me = await owner.get("/api/v1/user");
    for (const list of [usersPath, analystsPath]) {
      const of = `owner: ${list}`;
      const count = 22;
      const first = await cost(`${of} first page`, owner, `${list}?page_size=10`, count);
      await cost(`${of} next page`, owner, first.body.next, count);
      await cost(`${of} last page`, owner, `${list}?page_size=10&page=last`, count);
      await cost(`${of} search`, owner, `${list}?search=${word}`, 20);
      await cost(`${of} search for what others have`, owner, `${list}?search=generated`, 0);
      await cost(`${of} search for a short term`, owner, `${list}?search=ge`);
    }
    await cost("owner: analysts of one", owner, `${analystsPath}?organization=${own.slug}`, 22);
    await cost("owner: one user", owner, `${usersPath}${me.body.id}/`);
    return read;
  }

  await generate(100);
  const few = await readings();
  const before = await queryRow("SELECT value FROM counters WHERE name = 'users'");
  const added = effort(5_000, 100_000);
  await generate(added);
  const after = await queryRow("SELECT value FROM counters WHERE name = 'users'");
  expect(Number(after?.["value"]) - Number(before?.["value"])).toBe(added + 1);
  const many = await readings();
  expect(costDifferences(few, many, 5)).toEqual([]);
  expect(Object.entries(many).filter(([, read]) => read > 300)).toEqual([]);
}, 120_000);
