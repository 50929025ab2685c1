/** Failures of the database and the queue: responses, and what must not be logged. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { execute } from "../../support/database.ts";
import { type Caller, createAccount, createUser, unique } from "../../support/fixtures.ts";
import { failingDatabase, workerWith } from "../../support/worker.ts";

const written: unknown[][] = [];
beforeEach(() => {
  written.length = 0;
  for (const level of ["debug", "error", "info", "log", "warn"] as const) {
    vi.spyOn(console, level).mockImplementation((...words: unknown[]) => {
      written.push(words);
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

const everything = () => true;
const brokenMessage =
  'D1_ERROR: no such column: top_secret in "insert into accounts values (?)" params: hidden-value: SQLITE_ERROR';
const overloaded = [
  "D1_ERROR: D1 DB is overloaded. Too many requests queued. top_secret hidden-value",
  "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset. top_secret",
  "D1_ERROR: Network connection lost. top_secret",
  "D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node. top_secret",
  "D1_ERROR: Replica disconnected from primary. top_secret",
];

/** A request for each way of using the database, in both APIs. */
const requests: Readonly<
  Record<string, (caller: Caller, slug: string, id: string) => ReturnType<Caller["get"]>>
> = {
  "who am I": (caller) => caller.get("/api/v1/user"),
  "list accounts": (caller) => caller.get("/api/v1/accounts"),
  "create account": (caller) => caller.post("/api/v1/accounts", { slug: unique("a") }),
  "bad body": (caller) => caller.post("/api/v1/accounts", {}),
  "modify account": (caller, slug) => caller.patch(`/api/v1/account/${slug}`, { title: "T" }),
  "slug status": (caller, slug) => caller.get(`/api/v1/account/${slug}/status`),
  "list organizations": (caller) => caller.get("/accounts/organizations/"),
  "create organization": (caller) =>
    caller.post("/accounts/organizations/", { name: "N", slug: unique("o") }),
  "delete organization": (caller, _, id) => caller.delete(`/accounts/organizations/${id}/`),
};

describe.each(Object.entries(requests))("%s", (name, send) => {
  const organizations = name.includes("organization");

  it("a database error is answered 500 without the database's message [R59]", async () => {
    const user = await createUser();
    const { slug, id } = await createAccount(user);
    const broken = user.via(workerWith({ DB: failingDatabase(everything, new Error(brokenMessage)) }));
    const answer = await send(broken, slug, id);
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({
      detail: organizations ? "Internal server error." : "Internal Server Error",
    });
    expectNothingTold(answer.text);
    expect(asText(written)).toContain(answer.headers.get("X-Request-Id"));
  });

  it.each(overloaded)(
    "a temporary database error is answered 503 with Retry-After: %j [R66]",
    async (message) => {
      const user = await createUser();
      const { slug, id } = await createAccount(user);
      const busy = user.via(workerWith({ DB: failingDatabase(everything, new Error(message)) }));
      const answer = await send(busy, slug, id);
      expect(answer.status).toBe(503);
      expect(answer.headers.get("Retry-After")).toMatch(/^[1-9]\d*$/);
      expect(answer.body).toEqual({
        detail: organizations
          ? "The database is overloaded or restarting. Try again."
          : "The database is overloaded or restarting. Try again.",
      });
      expectNothingTold(answer.text);
      const reason: unknown = expect.stringMatching(
        /^(?:overloaded|reset|timeout|[a-z ]+ lost|transient issue|disconnected)$/,
      );
      const requestId = answer.headers.get("X-Request-Id");
      expect(written).toEqual([
        [
          {
            event: "dependency_unavailable",
            requestId,
            operation: expect.any(String) as unknown,
            error: "storage_unavailable",
            reason,
          },
        ],
      ]);
    },
  );
});

it("an error message that looks like a stack trace is not logged [R59]", async () => {
  const message = "Failed query\nparams: x\n    at hidden-value (top_secret:1:1)\n    at top_secret";
  const user = await createUser();
  const broken = user.via(workerWith({ DB: failingDatabase(everything, new Error(message)) }));
  const answer = await broken.get("/api/v1/user");
  expect(answer.status).toBe(500);
  expectNothingTold(answer.text);
});

it("a write that fails midway changes nothing [R71]", async () => {
  const user = await createUser();
  const account = await createAccount(user);
  const failing = failingDatabase(
    (statement) => /insert into "audit_rows"/i.test(statement),
    new Error("no"),
  );
  const broken = user.via(workerWith({ DB: failing }));
  expect((await broken.patch(`/api/v1/account/${account.slug}`, { title: "Changed" })).status).toBe(500);
  expect((await broken.delete(`/api/v1/account/${account.slug}`)).status).toBe(500);
  expect((await broken.post("/api/v1/accounts", { slug: unique("a") })).status).toBe(500);
  expect((await user.get("/api/v1/accounts")).body).toMatchObject([{ id: account.id, title: account.title }]);
});

it("a failure to store last_login does not affect the response and is logged without its statement", async () => {
  const user = await createUser();
  const { id } = (await user.get("/api/v1/user")).body;
  await execute("UPDATE users SET last_login = 1 WHERE uuid = ?", id);
  const failing = failingDatabase(
    (statement) => /^update "users"/i.test(statement),
    new Error("D1_ERROR: top_secret hidden-value"),
  );
  const answer = await user.via(workerWith({ DB: failing })).get("/api/v1/user");
  expect(answer.status).toBe(200);
  expectNothingTold(answer.text);
});

it("a deletion succeeds if the queue fails, and its cleanup is stored in the database", async () => {
  const user = await createUser();
  const { slug, id } = await createAccount(user);
  const jobs = new Proxy(env.JOBS, {
    get: (target, key) =>
      key === "send"
        ? () => Promise.reject(new Error("top_secret"))
        : (Reflect.get(target, key, target) as unknown),
  });
  const answer = await user.via(workerWith({ JOBS: jobs })).delete(`/api/v1/account/${slug}`);
  expect(answer.status).toBe(204);
  const left = await env.DB.prepare("SELECT count(*) AS count FROM erasures WHERE account_uuid = ?")
    .bind(id)
    .first();
  expect(left).toEqual({ count: 1 });
  expectNothingTold(answer.text);
});

/** Expects neither the response nor the log to contain the error's text. */
function expectNothingTold(text: string): void {
  for (const output of [text, asText(written)]) {
    expect(output).not.toContain("top_secret");
    expect(output).not.toContain("hidden-value");
    expect(output).not.toContain("D1_ERROR");
  }
  expect(text).not.toContain("SQLITE");
  expect(text).not.toMatch(/\bat \S+:\d+/);
}

/** Returns everything that a log line would show, including errors and their causes. */
function asText(words: unknown): string {
  return JSON.stringify(words, (_, word: unknown) =>
    word instanceof Error
      ? { name: word.name, message: word.message, stack: word.stack, cause: word.cause }
      : word,
  );
}
