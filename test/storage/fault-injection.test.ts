/**
 * A change, its audit row and its idempotency key are there together or not at all, wherever in its
 * batch the database fails; and every change has its audit row. So is what else writes more than one
 * row together; all the rest of the cron's and the queue's is single statements.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { BatchRecorder, failingStatements, readAllRows } from "../support/batches.ts";
import { delayedQueue } from "../support/cost-meter.ts";
import { addIdempotencyKey } from "../support/costs/operation-cost.ts";
import { row, run } from "../support/database.ts";
import {
  type ApiResponse,
  type Caller,
  createAccount,
  createOperator,
  createUser,
  unique,
} from "../support/fixtures.ts";
import { workerWith } from "../support/worker.ts";
import { backgroundWrites } from "./background-writes.ts";
import { type Mutation, mutations } from "./mutations.ts";

const batches = new BatchRecorder();
const door = workerWith({ DB: batches.database, JOBS: delayedQueue });
const isAudit = (sql: string) => sql.startsWith('insert into "audit_rows"');
const isKey = (sql: string) => sql.startsWith('insert into "idempotency_keys"');

beforeEach(() => {
  // Every failure is logged, as it should be.
  vi.spyOn(console, "error").mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
  batches.failure = undefined;
  batches.losesAnswers = false;
  batches.read();
});

describe.each(mutations)("$name", (change) => {
  it.each(Object.entries(failingStatements))(
    "leaves nothing behind with %s at any place of its batch, and can be asked for again [R13, R71]",
    async (_, statement) => {
      const { answer } = await ask(change, async (request) => {
        await failEverywhere(statement, async (after) => {
          const { status } = await door(request.clone());
          expect({ after, status }).toEqual({ after, status: 500 });
        });
        return door(request);
      });
      expect([answer.status, answer.text]).toEqual([change.status, answer.text]);
    },
  );

  it("writes its audit rows, and its key where it keeps one, in the one batch that changes anything [R71]", async () => {
    const counts = async () => [await count("audit_rows"), await count("idempotency_keys")];
    let before: number[] = [];
    const { answer, actor } = await ask(change, async (request) => {
      before = await counts();
      return door(request);
    });
    expect(answer.status).toBe(change.status);
    const { audits = 1 } = change;
    const keys = change.keyed === true ? 1 : 0;
    const sent = batches.read();
    expect(sent.map((batch) => [batch.filter(isAudit).length, batch.filter(isKey).length])).toEqual([
      [audits, keys],
    ]);
    const [told = 0, kept = 0] = before;
    expect(await counts()).toEqual([told + audits, kept + keys]);
    const [rows] = await run(["SELECT actor, request_id FROM audit_rows ORDER BY id DESC LIMIT ?", audits]);
    const by = { actor, request_id: answer.headers.get("X-Request-Id") };
    expect(rows).toEqual(Array.from({ length: audits }, () => by));
  });
});

describe.each(mutations.filter(({ keyed }) => keyed === true))("$name", (change) => {
  // The token itself is lost with the answer: nothing of it is kept.
  const shownOnce = change.name === "createAccessToken";

  it("is done once when the answer is lost, which the service finds again, and the request comes again [R66]", async () => {
    const { answer } = await ask(change, async (request) => {
      batches.losesAnswers = true;
      const first = await door(request.clone());
      expect(first.status).toBe(shownOnce ? 503 : change.status);
      batches.losesAnswers = false;
      const done = await readAllRows();
      const again = await door(request);
      expect(await readAllRows()).toEqual(done);
      if (!shownOnce) expect(await again.clone().text()).toBe(await first.text());
      return again;
    });
    expect(answer.status).toBe(shownOnce ? 409 : change.status);
  });
});

describe.each(backgroundWrites)("$name", ({ prepare }) => {
  it.each(Object.entries(failingStatements))(
    "leaves nothing behind with %s at any place of its batch, and is done the next time [R71]",
    async (_, statement) => {
      const write = await prepare();
      await failEverywhere(statement, async (after) => {
        expect({ after, done: await write(batches.database) }).toEqual({ after, done: false });
      });
      expect(await write(batches.database)).toBe(true);
    },
  );
});

/** Has a statement fail in front of each of a batch's own and behind the last; each time all rows are as before. */
async function failEverywhere(statement: string, attempt: (after: number) => Promise<void>): Promise<void> {
  const before = await readAllRows();
  let statements = 1;
  for (let after = 0; after <= statements; after += 1) {
    batches.failure = { statement, after };
    await attempt(after);
    expect(await readAllRows()).toEqual(before);
    const [batch = [], ...others] = batches.read();
    expect(others).toEqual([]);
    statements = batch.length;
  }
  batches.failure = undefined;
}

/** Asks for a change through a door, with a key of its own; who asked is told too. */
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
  return (await row("SELECT uuid FROM users WHERE verified_email = ?", email))?.["uuid"];
}

async function count(table: "audit_rows" | "idempotency_keys"): Promise<number> {
  return Number((await row(`SELECT count(*) AS count FROM ${table}`))?.["count"]);
}
