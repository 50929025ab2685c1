/** Retries after temporary failures of the platform. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { usageObjectsWith } from "../../support/cost-meter.ts";
import { createAccount, createUser, unique } from "../../support/fixtures.ts";
import { png } from "../../support/images.ts";
import { upload } from "../../support/logos.ts";
import { incrementPath } from "../../support/usage.ts";
import { workerWith } from "../../support/worker.ts";

beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => {}));
afterEach(() => void vi.restoreAllMocks());

const overloaded = new Error("D1_ERROR: D1 DB is overloaded. Too many requests queued.");

/** Returns a database whose first batches fail, and the number of batches. */
function failingFirst(times: number) {
  const seen = { batches: 0 };
  const database = new Proxy(env.DB, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name !== "batch") return value.bind(target) as unknown;
      return (statements: D1PreparedStatement[]) => {
        seen.batches += 1;
        return seen.batches <= times ? Promise.reject(overloaded) : target.batch(statements);
      };
    },
  });
  return { seen, worker: workerWith({ DB: database }) };
}

describe("an overloaded database", () => {
  it.each([1, 2])("a read is retried: %i failures are not visible [R66]", async (times) => {
    const user = await createUser();
    const { slug } = await createAccount(user);
    const { seen, worker } = failingFirst(times);
    expect((await user.via(worker).get(`/api/v1/account/${slug}`)).status).toBe(200);
    expect(seen.batches).toBe(times + 1);
  });

  it("a read is tried three times, then answered 503, and the next request succeeds [R66]", async () => {
    const user = await createUser();
    const { seen, worker } = failingFirst(3);
    const refused = await user.via(worker).get("/accounts/organizations/");
    expect([refused.status, refused.headers.get("Retry-After")]).toEqual([503, "1"]);
    expect(seen.batches).toBe(3);
    expect((await user.via(worker).get("/accounts/organizations/")).status).toBe(200);
  });

  it("a write is tried once without an Idempotency-Key and repeated with one, which writes once [R66]", async () => {
    const user = await createUser();
    const account = await createAccount(user);
    let writes = 0;
    const losing = new Proxy(env.DB, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        if (name !== "batch") return value.bind(target) as unknown;
        return async (statements: D1PreparedStatement[]) => {
          const results = await target.batch(statements);
          if (results.every(({ meta }) => meta.rows_written === 0)) return results;
          writes += 1;
          throw overloaded;
        };
      },
    });
    const worker = workerWith({ DB: losing });
    const changed = await user.via(worker).patch(`/api/v1/account/${account.slug}`, { title: "Once" });
    expect([changed.status, writes]).toEqual([503, 1]);
    const slug = unique("k");
    const headers = { "Idempotency-Key": unique("key") };
    const made = await user.via(worker).post("/api/v1/accounts", { slug }, { headers });
    expect([made.status, writes]).toEqual([201, 2]);
    expect((await user.get(`/api/v1/account/${slug}`)).body).toMatchObject({ id: made.body.id });
  });
});

describe("a usage object that fails temporarily", () => {
  const passing = Object.assign(new Error("internal"), { retryable: true });

  /** Usage objects whose calls are executed and whose first response is lost. */
  function losingFirst(error: Error) {
    const seen = { calls: 0 };
    const USAGE = usageObjectsWith(async (call) => {
      const answer = await call();
      seen.calls += 1;
      if (seen.calls === 1) throw error;
      return answer;
    });
    return { seen, worker: workerWith({ USAGE }) };
  }

  it("a usage object is read again, and an increment with a key is repeated and counted once", async () => {
    const user = await createUser();
    const { id } = await createAccount(user);
    const reading = losingFirst(passing);
    const usage = await user.via(reading.worker).get(`/api/v1/account/${id}/usage?from=2026-01-01`);
    expect([usage.status, reading.seen.calls]).toEqual([200, 2]);
    const counting = losingFirst(passing);
    const counted = await user
      .via(counting.worker)
      .post(incrementPath({ id }), { usage: 3 }, { headers: { "Idempotency-Key": "k" } });
    expect([counted.status, counted.body.usage, counting.seen.calls]).toEqual([200, 3, 2]);
  });

  it("an increment without a key is not repeated, nor is a call of an overloaded object", async () => {
    const user = await createUser();
    const { id } = await createAccount(user);
    const counting = losingFirst(passing);
    const lost = await user.via(counting.worker).post(incrementPath({ id }), { usage: 3 });
    expect([lost.status, lost.headers.get("Retry-After"), counting.seen.calls]).toEqual([503, "1", 1]);
    const busy = losingFirst(Object.assign(new Error("busy"), { retryable: true, overloaded: true }));
    const refused = await user.via(busy.worker).get(`/api/v1/account/${id}/usage?from=2026-01-01`);
    expect([refused.status, busy.seen.calls]).toEqual([503, 1]);
  });
});

it("a bucket that fails temporarily is called again", async () => {
  const user = await createUser();
  const account = await createAccount(user);
  let asked = 0;
  const bucket = new Proxy(env.LOGOS, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...input: unknown[]): unknown => {
        asked += 1;
        if (asked <= 2) throw new Error("internal error (10001)");
        return Reflect.apply(value, target, input);
      };
    },
  });
  const answer = await upload(user.via(workerWith({ LOGOS: bucket })), account, png());
  expect([answer.status, asked]).toEqual([204, 3]);
});
