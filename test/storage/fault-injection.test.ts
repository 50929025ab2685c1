/**
 * A change, its audit row and its idempotency key are stored together or not at all, whichever statement of the batch
 * fails. The same holds for the writes of imports, the cron trigger and the queue that have several statements.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { BatchRecorder, failingStatements, readAllRows } from "../support/batches.ts";
import { delayedQueue } from "../support/cost-meter.ts";
import { addIdempotencyKey } from "../support/costs/operation-cost.ts";
import { queryRow, runStatements } from "../support/database.ts";
import {
  type ApiResponse,
  type Caller,
  createAccount,
  createOperator,
  createUser,
  unique,
} from "../support/fixtures.ts";
import { sample } from "../support/effort.ts";
import { workerWith } from "../support/worker.ts";
import { backgroundWrites } from "./background-writes.ts";
import { type Mutation, mutations } from "./mutations.ts";

const batches = new BatchRecorder();
const worker = workerWith({ DB: batches.database, JOBS: delayedQueue });
const failures = Object.entries(failingStatements).map(([name, statement]) => ({ name, statement }));
const isAudit = (sql: string) => sql.startsWith('insert into "audit_rows"');
const isKey = (sql: string) => sql.startsWith('insert into "idempotency_keys"');

beforeEach(() => {
  // Every failure is logged.
  vi.spyOn(console, "error").mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
  batches.failure = undefined;
  batches.losesAnswers = false;
  batches.read();
});

describe.each(mutations.map((change, index) => ({ ...change, index })))("$name", ({ index, ...change }) => {
  it.each(sample(failures, index))(
    `${change.name} with $name in its batch stores nothing, and a retry succeeds [R13, R71]`,
    async ({ statement }) => {
      const { answer } = await ask(change, async (request) => {
        await failEverywhere(statement, async (after) => {
          const { status } = await worker(request.clone());
          expect({ after, status }).toEqual({ after, status: 500 });
        });
        return worker(request);
      });
      expect([answer.status, answer.text]).toEqual([change.status, answer.text]);
    },
  );

  it(`${change.name} writes its audit rows and its idempotency key in a single batch [R71]`, async () => {
    const counts = async () => [await count("audit_rows"), await count("idempotency_keys")];
    let before: number[] = [];
    const { answer, actor } = await ask(change, async (request) => {
      before = await counts();
      return worker(request);
    });
    expect(answer.status).toBe(change.status);
    const { audits = 1 } = change;
    const keys = change.keyed === true ? 1 : 0;
    const sent = batches.read();
    expect(sent.map((batch) => [batch.filter(isAudit).length, batch.filter(isKey).length])).toEqual([
      [audits, keys],
    ]);
    const [audited = 0, stored = 0] = before;
    expect(await counts()).toEqual([audited + audits, stored + keys]);
    const [rows] = await runStatements([
      "SELECT actor, request_id FROM audit_rows ORDER BY id DESC LIMIT ?",
      audits,
    ]);
    const by = { actor, request_id: answer.headers.get("X-Request-Id") };
    expect(rows).toEqual(Array.from({ length: audits }, () => by));
  });
});

describe.each(mutations.filter(({ keyed }) => keyed === true))("$name", (change) => {
  // The token is not stored, so a repeated request cannot return it.
  const shownOnce = change.name === "createAccessToken";

  it(`${change.name} happens once if the database's response is lost and the request is repeated [R66]`, async () => {
    const { answer } = await ask(change, async (request) => {
      batches.losesAnswers = true;
      const first = await worker(request.clone());
      expect(first.status).toBe(shownOnce ? 503 : change.status);
      batches.losesAnswers = false;
      const done = await readAllRows();
      const again = await worker(request);
      expect(await readAllRows()).toEqual(done);
      if (!shownOnce) expect(await again.clone().text()).toBe(await first.text());
      return again;
    });
    expect(answer.status).toBe(shownOnce ? 409 : change.status);
  });
});

describe.each(backgroundWrites.map((write, index) => ({ ...write, index })))(
  "$name",
  ({ name, index, prepare }) => {
    it.each(sample(failures, index))(
      `${name} with $name in the batch stores nothing, and the next attempt succeeds [R71]`,
      async ({ statement }) => {
        const write = await prepare();
        await failEverywhere(statement, async (after) => {
          expect({ after, done: await write(batches.database) }).toEqual({ after, done: false });
        });
        expect(await write(batches.database)).toBe(true);
      },
    );
  },
);

/**
 * Makes a batch fail before its first statement, after its last one and at one position between, with SLOW=1 at every
 * position. Asserts each time that all rows are unchanged.
 */
async function failEverywhere(statement: string, attempt: (after: number) => Promise<void>): Promise<void> {
  const before = await readAllRows();
  const fail = async (after: number): Promise<number> => {
    batches.failure = { statement, after };
    await attempt(after);
    expect(await readAllRows()).toEqual(before);
    const [batch = [], ...others] = batches.read();
    expect(others).toEqual([]);
    return batch.length;
  };
  const statements = await fail(0);
  const between = sample(
    Array.from({ length: statements - 1 }, (_, at) => at + 1),
    statements,
  );
  for (const after of [...between, statements]) await fail(after);
  batches.failure = undefined;
}

/** Sends a change with a new idempotency key through `through`. Returns the response and the caller's user id. */
async function ask(
  { as, send }: Mutation,
  through: (request: Request) => Promise<Response>,
): Promise<{ answer: ApiResponse; actor: unknown }> {
  const owner = as === "operator" ? await createOperator() : await createUser();
  const made = await createAccount(owner);
  const caller = as === "newcomer" ? await createUser() : owner;
  const known = await uuidOf(caller);
  const key = unique("key");
  const answer = await send(
    caller.via((request) => through(addIdempotencyKey(request, key))),
    made,
  );
  return { answer, actor: known ?? (await uuidOf(caller)) };
}

async function uuidOf({ email }: Caller): Promise<unknown> {
  return (await queryRow("SELECT uuid FROM users WHERE verified_email = ?", email))?.["uuid"];
}

async function count(table: "audit_rows" | "idempotency_keys"): Promise<number> {
  return Number((await queryRow(`SELECT count(*) AS count FROM ${table}`))?.["count"]);
}
