/** Idempotency keys with simultaneous requests, rejected requests and failures. */
import { describe, expect, it, vi } from "vitest";

import { createAccessToken, listTokens, tokensPath } from "../../support/access-tokens.ts";
import {
  countEverything,
  type CreateOperation,
  createOperations,
  isOrganizationsPath,
  keyReusedResponse,
  postWithKey,
  withIdempotencyKey,
} from "../../support/create-operations.ts";
import { deactivate, execute, setAccount } from "../../support/database.ts";
import {
  anonymous,
  type ApiResponse,
  createAccount,
  createUser,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import { raceDuringWrite } from "../../support/race.ts";
import { failingDatabase, workerWith } from "../../support/worker.ts";

async function start() {
  const owner = await createUser();
  return { owner, account: await createAccount(owner), key: unique("key") };
}

function atOnce(count: number, one: (at: number) => Promise<ApiResponse>): Promise<ApiResponse[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => one(at)));
}

describe.each(Object.entries<CreateOperation>(createOperations))("one key, %s", (_, creation) => {
  it("thirty simultaneous requests with one key create once and get the same response", async () => {
    const { owner, account, key } = await start();
    const [path, body, before] = [creation.path(account), creation.body(), await countEverything()];
    const answers = await atOnce(30, () => postWithKey(owner, path, body, key));
    expect(answers.map(statusAndBody)).toEqual(
      Array.from({ length: 30 }, () => ({ status: creation.status, body: answers[0]?.body })),
    );
    expect(await countEverything()).toMatchObject({
      audit: Number(before["audit"]) + 1,
      keys: Number(before["keys"]) + 1,
    });
  });

  it("two simultaneous requests with one key and different bodies create one of them", async () => {
    const { owner, account, key } = await start();
    const [path, before] = [creation.path(account), await countEverything()];
    const bodies = [creation.body(), creation.body()];
    const answers = await atOnce(20, (at) => postWithKey(owner, path, bodies[at % 2], key));
    const winner = answers.findIndex(({ status }) => status === creation.status) % 2;
    for (const [at, answer] of answers.entries()) {
      if (at % 2 === winner) expect(statusAndBody(answer)).toEqual(statusAndBody(answers[winner] ?? answer));
      else expect(statusAndBody(answer)).toEqual(keyReusedResponse);
    }
    expect((await countEverything())["audit"]).toBe(Number(before["audit"]) + 1);
  });

  it("a request gets the response of another one that finishes first with the same key", async () => {
    const { owner, account, key } = await start();
    const [path, body] = [creation.path(account), creation.body()];
    let first: ApiResponse | undefined;
    const worker = raceDuringWrite(async () => {
      first = await postWithKey(owner, path, body, key);
    });
    const second = await postWithKey(owner.via(worker), path, body, key);
    expect(first?.status).toBe(creation.status);
    expect(statusAndBody(second)).toEqual(first === undefined ? undefined : statusAndBody(first));
  });

  it("the key is stored together with the created resource, or neither is", async () => {
    const { owner, account, key } = await start();
    const [path, body, before] = [creation.path(account), creation.body(), await countEverything()];
    const silent = vi.spyOn(console, "error").mockImplementation(() => undefined);
    for (const [table, column, value] of [
      ["idempotency_keys", "key", key],
      ["audit_rows", "request_id", `of-${key}`],
    ]) {
      await execute(
        `CREATE TRIGGER no_more BEFORE INSERT ON ${table} WHEN NEW.${column} = '${value}' BEGIN SELECT RAISE(ABORT, 'broken'); END`,
      );
      const broken = await owner.post(path, body, withIdempotencyKey(key, { "X-Request-Id": `of-${key}` }));
      await execute("DROP TRIGGER no_more");
      expect([table, broken.status]).toEqual([table, 500]);
      expect(await countEverything()).toEqual(before);
    }
    const lost = failingDatabase(
      (statement) => statement.includes("idempotency_keys") && statement.startsWith("insert"),
      new Error("lost"),
    );
    expect((await postWithKey(owner.via(workerWith({ DB: lost })), path, body, key)).status).toBe(500);
    silent.mockRestore();
    expect(await countEverything()).toEqual(before);
    expect((await postWithKey(owner, path, body, key)).status).toBe(creation.status);
  });

  it("a key reveals nothing to callers without permission", async () => {
    const { owner, account, key } = await start();
    const [path, body] = [creation.path(account), creation.body()];
    await postWithKey(owner, path, body, key);
    const [inactive, { id, bearer }] = [await createUser(), await createAccessToken(await createUser())];
    await deactivate(inactive);
    await execute("UPDATE personal_access_tokens SET expires_at = 1 WHERE id = ?", id);
    const after = await countEverything();
    for (const caller of [anonymous, inactive, bearer]) {
      for (const name of [key, "", "k".repeat(256)]) {
        expect((await postWithKey(caller, path, body, name)).status).toBe(401);
      }
    }
    expect(await countEverything()).toEqual(after);
  });
});

it("simultaneous first requests of a new user create one user and one account", async () => {
  const [newcomer, key, before] = [await createUser(), unique("key"), await countEverything()];
  const body = { slug: unique("first") };
  const answers = await atOnce(10, () => postWithKey(newcomer, "/api/v1/accounts", body, key));
  expect(answers.map(statusAndBody)).toEqual(
    Array.from({ length: 10 }, () => ({ status: 201, body: answers[0]?.body })),
  );
  expect(await countEverything()).toMatchObject({
    users: Number(before["users"]) + 1,
    accounts: Number(before["accounts"]) + 1,
    keys: Number(before["keys"]) + 1,
  });
});

describe("a rejected first request", () => {
  it.each(["an account", "an organization"] as const)(
    "a rejected request with a taken slug stores no key: %s",
    async (name) => {
      const { path, body } = createOperations[name];
      const { owner, account, key } = await start();
      const values = { ...body(), slug: account.slug };
      const before = await countEverything();
      expect((await postWithKey(owner, path(), values, key)).status).toBe(
        isOrganizationsPath(path()) ? 400 : 409,
      );
      expect(await countEverything()).toEqual(before);
      await owner.delete(`/api/v1/account/${account.slug}`);
      expect((await postWithKey(owner, path(), values, key)).status).toBe(201);
    },
  );

  it.each(["an invite", "a user", "an invitation"] as const)(
    "a rejected request without a free seat stores no key: %s",
    async (name) => {
      const { path, body, status } = createOperations[name];
      const { owner, account, key } = await start();
      await setAccount(account, { max_users: 1 });
      const values = body();
      const before = await countEverything();
      expect((await postWithKey(owner, path(account), values, key)).status).toBe(
        isOrganizationsPath(path(account)) ? 400 : 409,
      );
      expect(await countEverything()).toEqual(before);
      await setAccount(account, { max_users: 2 });
      const answers = await atOnce(10, () => postWithKey(owner, path(account), values, key));
      expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 10 }, () => status));
    },
  );

  it("a rejected request stores no key for an unknown zone, a blocked account or another user's account", async () => {
    const { owner, account, key } = await start();
    const slug = unique("zoned");
    expect((await postWithKey(owner, "/api/v1/accounts", { slug, zone: "nowhere" }, key)).status).toBe(422);
    expect((await postWithKey(owner, "/api/v1/accounts", { slug }, key)).status).toBe(201);
    const path = `/api/v1/account/${account.slug}/invite`;
    const outsider = await createUser();
    expect((await postWithKey(outsider, path, { email: "ada@example.com" }, key)).status).toBe(403);
    await setAccount(account, { blocking_state: "manager" });
    expect((await postWithKey(owner, path, { email: "ada@example.com" }, key)).status).toBe(403);
    await setAccount(account, { blocking_state: "unblocked" });
    expect((await postWithKey(owner, path, { email: "ada@example.com" }, key)).status).toBe(200);
  });
});

describe("an Idempotency-Key with a personal access token", () => {
  const shown = {
    status: 409,
    body: { detail: "The token for this Idempotency-Key was already issued and is shown only once." },
  };

  it("a token created with a key is shown once and created once", async () => {
    const { owner, key } = await start();
    const body = { description: "Once", expiration_date: "2200-01-01" };
    const first = await postWithKey(owner, tokensPath, body, key);
    expect(first.status).toBe(201);
    const again = await postWithKey(owner, tokensPath, body, key);
    expect(statusAndBody(again)).toEqual(shown);
    expect(again.text).not.toContain("acct_");
    const other = { ...body, description: "Another" };
    expect(statusAndBody(await postWithKey(owner, tokensPath, other, key))).toEqual(keyReusedResponse);
    expect(await listTokens(owner)).toMatchObject([{ id: first.body.id }]);
  });

  it("thirty simultaneous requests with one key create one token", async () => {
    const { owner, key } = await start();
    const answers = await atOnce(30, () => postWithKey(owner, tokensPath, { description: "Once" }, key));
    const made = answers.filter(({ status }) => status === 201);
    expect(made).toHaveLength(1);
    for (const answer of answers) if (answer.status !== 201) expect(statusAndBody(answer)).toEqual(shown);
    expect(await listTokens(owner)).toMatchObject([{ id: made[0]?.body.id }]);
  });

  it("a key belongs to the user, whatever credentials they use", async () => {
    const { owner, key } = await start();
    const { bearer } = await createAccessToken(owner);
    const body = { slug: unique("either") };
    const first = await postWithKey(bearer, "/api/v1/accounts", body, key);
    expect(first.status).toBe(201);
    expect(statusAndBody(await postWithKey(owner, "/api/v1/accounts", body, key))).toEqual(
      statusAndBody(first),
    );
    expect(statusAndBody(await postWithKey(bearer, "/api/v1/accounts", body, key))).toEqual(
      statusAndBody(first),
    );
  });
});

it("operations that create nothing ignore the Idempotency-Key", async () => {
  const { owner, account, key } = await start();
  const { id } = (await owner.get("/api/v1/user")).body;
  const before = (await countEverything())["keys"];
  for (const name of ["", key, key, "k".repeat(300)]) {
    for (const title of ["One", "Two"]) {
      const options = withIdempotencyKey(name);
      const answers = [
        await owner.get(`/api/v1/account/${account.slug}`, options),
        await owner.patch(`/api/v1/account/${account.slug}`, { title }, options),
        await owner.patch(`/accounts/organizations/${account.id}/`, { name: title }, options),
        await owner.put(`/accounts/users/${id}/`, { first_name: title }, options),
        await owner.patch("/accounts/analysts/current/", { consent_given: title === "One" }, options),
      ];
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
      const { body } = await owner.get(`/api/v1/account/${account.slug}`);
      expect(body.title).toBe(title);
    }
  }
  expect((await countEverything())["keys"]).toBe(before);
  expect((await owner.delete(`/api/v1/account/${account.slug}`, withIdempotencyKey(key))).status).toBe(204);
});
