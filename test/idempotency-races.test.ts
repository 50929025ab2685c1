/** A key while other things happen: many at once, refusals, failures. */
import { describe, expect, it, vi } from "vitest";

import { makeAccessToken, tokens, tokensOf } from "./accounts/tokens.ts";
import { deactivate, run, setAccount } from "./accounts/rows.ts";
import { doorWhile } from "./between.ts";
import { creations, everythingMade, isThere, reused, send, withKey, type Creation } from "./creations.ts";
import { databaseThat, doorWith } from "./http/door.ts";
import { answered } from "./organizations/requests.ts";
import { makeAccount, someone, stranger, unique, type Answer } from "./world.ts";

async function start() {
  const owner = await someone();
  return { owner, account: await makeAccount(owner), key: unique("key") };
}

function atOnce(count: number, one: (at: number) => Promise<Answer>): Promise<Answer[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => one(at)));
}

describe.each(Object.entries<Creation>(creations))("one key, %s", (_, creation) => {
  it("thirty times at once is done once, and answered the same thirty times", async () => {
    const { owner, account, key } = await start();
    const [path, body, before] = [creation.path(account), creation.body(), await everythingMade()];
    const answers = await atOnce(30, () => send(owner, path, body, key));
    expect(answers.map(answered)).toEqual(
      Array.from({ length: 30 }, () => ({ status: creation.status, body: answers[0]?.body })),
    );
    expect(await everythingMade()).toMatchObject({
      audit: Number(before["audit"]) + 1,
      keys: Number(before["keys"]) + 1,
    });
  });

  it("with two bodies at once is done with one of them", async () => {
    const { owner, account, key } = await start();
    const [path, before] = [creation.path(account), await everythingMade()];
    const bodies = [creation.body(), creation.body()];
    const answers = await atOnce(20, (at) => send(owner, path, bodies[at % 2], key));
    const winner = answers.findIndex(({ status }) => status === creation.status) % 2;
    for (const [at, answer] of answers.entries()) {
      if (at % 2 === winner) expect(answered(answer)).toEqual(answered(answers[winner] ?? answer));
      else expect(answered(answer)).toEqual(reused(path));
    }
    expect((await everythingMade())["audit"]).toBe(Number(before["audit"]) + 1);
  });

  it("whose first request comes in between is answered as that one", async () => {
    const { owner, account, key } = await start();
    const [path, body] = [creation.path(account), creation.body()];
    let first: Answer | undefined;
    const door = doorWhile(async () => {
      first = await send(owner, path, body, key);
    });
    const second = await send(owner.through(door), path, body, key);
    expect(first?.status).toBe(creation.status);
    expect(answered(second)).toEqual(first === undefined ? undefined : answered(first));
  });

  it("is kept with what it made or not at all", async () => {
    const { owner, account, key } = await start();
    const [path, body, before] = [creation.path(account), creation.body(), await everythingMade()];
    const silent = vi.spyOn(console, "error").mockImplementation(() => undefined);
    for (const [table, column, value] of [
      ["idempotency_keys", "key", key],
      ["audit_rows", "request_id", `of-${key}`],
    ]) {
      await run(
        `CREATE TRIGGER no_more BEFORE INSERT ON ${table} WHEN NEW.${column} = '${value}' BEGIN SELECT RAISE(ABORT, 'broken'); END`,
      );
      const broken = await owner.post(path, body, withKey(key, { "X-Request-Id": `of-${key}` }));
      await run("DROP TRIGGER no_more");
      expect([table, broken.status]).toEqual([table, 500]);
      expect(await everythingMade()).toEqual(before);
    }
    const lost = databaseThat(
      (statement) => statement.includes("idempotency_keys") && statement.startsWith("insert"),
      new Error("lost"),
    );
    expect((await send(owner.through(doorWith({ DB: lost })), path, body, key)).status).toBe(500);
    silent.mockRestore();
    expect(await everythingMade()).toEqual(before);
    expect((await send(owner, path, body, key)).status).toBe(creation.status);
  });

  it("tells nothing to who may not come in", async () => {
    const { owner, account, key } = await start();
    const [path, body] = [creation.path(account), creation.body()];
    await send(owner, path, body, key);
    const [inactive, { id, bearer }] = [await someone(), await makeAccessToken(await someone())];
    await deactivate(inactive);
    await run("UPDATE personal_access_tokens SET expires_at = 1 WHERE id = ?", id);
    const after = await everythingMade();
    for (const caller of [stranger, inactive, bearer]) {
      for (const name of [key, "", "k".repeat(256)]) {
        expect((await send(caller, path, body, name)).status).toBe(401);
      }
    }
    expect(await everythingMade()).toEqual(after);
  });
});

it("one key of somebody never seen before makes one user and one account", async () => {
  const [newcomer, key, before] = [await someone(), unique("key"), await everythingMade()];
  const body = { slug: unique("first") };
  const answers = await atOnce(10, () => send(newcomer, "/api/v1/accounts", body, key));
  expect(answers.map(answered)).toEqual(
    Array.from({ length: 10 }, () => ({ status: 201, body: answers[0]?.body })),
  );
  expect(await everythingMade()).toMatchObject({
    users: Number(before["users"]) + 1,
    accounts: Number(before["accounts"]) + 1,
    keys: Number(before["keys"]) + 1,
  });
});

describe("a first request that is refused keeps nothing", () => {
  it.each(["an account", "an organization"] as const)("for a slug that is taken: %s", async (name) => {
    const { path, body } = creations[name];
    const { owner, account, key } = await start();
    const values = { ...body(), slug: account.slug };
    const before = await everythingMade();
    expect((await send(owner, path(), values, key)).status).toBe(isThere(path()) ? 400 : 409);
    expect(await everythingMade()).toEqual(before);
    await owner.delete(`/api/v1/account/${account.slug}`);
    expect((await send(owner, path(), values, key)).status).toBe(201);
  });

  it.each(["an invite", "a user", "an invitation"] as const)("for want of a seat: %s", async (name) => {
    const { path, body, status } = creations[name];
    const { owner, account, key } = await start();
    await setAccount(account, { max_users: 1 });
    const values = body();
    const before = await everythingMade();
    expect((await send(owner, path(account), values, key)).status).toBe(isThere(path(account)) ? 400 : 409);
    expect(await everythingMade()).toEqual(before);
    await setAccount(account, { max_users: 2 });
    const answers = await atOnce(10, () => send(owner, path(account), values, key));
    expect(answers.map(({ status: told }) => told)).toEqual(Array.from({ length: 10 }, () => status));
  });

  it("for a zone there is not, or an account that is blocked or another's", async () => {
    const { owner, account, key } = await start();
    const slug = unique("zoned");
    expect((await send(owner, "/api/v1/accounts", { slug, zone: "nowhere" }, key)).status).toBe(422);
    expect((await send(owner, "/api/v1/accounts", { slug }, key)).status).toBe(201);
    const path = `/api/v1/account/${account.slug}/invite`;
    const outsider = await someone();
    expect((await send(outsider, path, { email: "ada@example.com" }, key)).status).toBe(403);
    await setAccount(account, { blocking_state: "manager" });
    expect((await send(owner, path, { email: "ada@example.com" }, key)).status).toBe(403);
    await setAccount(account, { blocking_state: "unblocked" });
    expect((await send(owner, path, { email: "ada@example.com" }, key)).status).toBe(200);
  });
});

describe("a key with a personal access token that is made", () => {
  const shown = {
    status: 409,
    body: { detail: "The token of this Idempotency-Key was shown when it was made" },
  };

  it("shows it once, and makes one", async () => {
    const { owner, key } = await start();
    const body = { description: "Once", expiration_date: "2200-01-01" };
    const first = await send(owner, tokens, body, key);
    expect(first.status).toBe(201);
    const again = await send(owner, tokens, body, key);
    expect(answered(again)).toEqual(shown);
    expect(again.text).not.toContain("acct_");
    const other = { ...body, description: "Another" };
    expect(answered(await send(owner, tokens, other, key))).toEqual(reused(tokens));
    expect(await tokensOf(owner)).toMatchObject([{ id: first.body.id }]);
  });

  it("thirty times at once makes one", async () => {
    const { owner, key } = await start();
    const answers = await atOnce(30, () => send(owner, tokens, { description: "Once" }, key));
    const made = answers.filter(({ status }) => status === 201);
    expect(made).toHaveLength(1);
    for (const answer of answers) if (answer.status !== 201) expect(answered(answer)).toEqual(shown);
    expect(await tokensOf(owner)).toMatchObject([{ id: made[0]?.body.id }]);
  });

  it("is the user's, whatever they came with", async () => {
    const { owner, key } = await start();
    const { bearer } = await makeAccessToken(owner);
    const body = { slug: unique("either") };
    const first = await send(bearer, "/api/v1/accounts", body, key);
    expect(first.status).toBe(201);
    expect(answered(await send(owner, "/api/v1/accounts", body, key))).toEqual(answered(first));
    expect(answered(await send(bearer, "/api/v1/accounts", body, key))).toEqual(answered(first));
  });
});

it("operations that make nothing do not look at the key", async () => {
  const { owner, account, key } = await start();
  const { id } = (await owner.get("/api/v1/user")).body;
  const before = (await everythingMade())["keys"];
  for (const name of ["", key, key, "k".repeat(300)]) {
    for (const title of ["One", "Two"]) {
      const options = withKey(name);
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
  expect((await everythingMade())["keys"]).toBe(before);
  expect((await owner.delete(`/api/v1/account/${account.slug}`, withKey(key))).status).toBe(204);
});
