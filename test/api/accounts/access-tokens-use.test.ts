import { beforeAll, describe, expect, it } from "vitest";

import {
  badToken,
  badTokenThere,
  createAccessToken,
  listTokens,
  setToken,
  tokenPath,
  tokensPath,
} from "../../support/access-tokens.ts";
import { CostMeter } from "../../support/cost-meter.ts";
import { execute, queryRow } from "../../support/database.ts";
import {
  addToGroup,
  Caller,
  createAccount,
  createOperator,
  createUser,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import { waitForFreshMinute, workerWith } from "../../support/worker.ts";
import { missingPermission, noAccess } from "../../support/members.ts";

const minute = 60 * 1000;

describe("a token acts as its user", () => {
  it("a token acts as its user on the accounts and organizations APIs", async () => {
    const user = await createUser({ name: "Ada Lovelace" });
    const account = await createAccount(user);
    const { bearer } = await createAccessToken(user);
    const me = (await user.get("/api/v1/user")).body;
    for (const path of [
      "/api/v1/user",
      "/api/v1/user/welcome",
      "/api/v1/accounts",
      `/api/v1/account/${account.slug}`,
      `/api/v1/account/${account.slug}/users`,
      "/accounts/organizations/",
      `/accounts/organizations/${account.id}/`,
      `/accounts/users/${me.id}/`,
      `/accounts/analysts/?organization=${account.slug}`,
      "/accounts/analysts/current/",
    ]) {
      const answer = await bearer.get(path);
      expect([path, answer.status]).toEqual([path, 200]);
      expect(statusAndBody(answer)).toEqual(statusAndBody(await user.get(path)));
    }
  });

  it("changes by a token are recorded as its user's", async () => {
    const user = await createUser();
    const me = (await user.get("/api/v1/user")).body.id;
    const { bearer } = await createAccessToken(user);
    const made = await createAccount(bearer);
    expect((await user.patch(`/api/v1/account/${made.slug}`, { title: "Mine" })).status).toBe(200);
    const there = await bearer.post("/accounts/organizations/", { name: "Org", slug: unique("org") });
    expect(there.status).toBe(201);
    for (const id of [made.id, there.body.uuid]) {
      const row = await queryRow(
        "SELECT actor FROM audit_rows WHERE target = ? AND action = 'account.created'",
        `account:${id}`,
      );
      expect(row).toEqual({ actor: me });
    }
  });

  it("only an operator's token may use the operator API", async () => {
    const [root, user] = [await createOperator(), await createUser()];
    for (const [caller, status] of [
      [root, 200],
      [user, 403],
    ] as const) {
      const { bearer } = await createAccessToken(caller);
      for (const path of ["@accounts?page_size=1", "@zones", "@users?page_size=1", "@audit?limit=1"]) {
        const answer = await bearer.get(`/api/manage/${path}`);
        expect([path, answer.status]).toEqual([path, status]);
        expect(statusAndBody(answer)).toEqual(statusAndBody(await caller.get(`/api/manage/${path}`)));
      }
    }
  });

  it("a token has its user's current role and groups", async () => {
    const [user, other] = [await createUser(), await createUser()];
    const foreign = await createAccount(other);
    const { bearer } = await createAccessToken(user);
    const path = `/api/v1/account/${foreign.slug}`;
    expect(statusAndBody(await bearer.get(path))).toEqual(noAccess);
    await addToGroup(user, 3);
    expect((await bearer.get(path)).body).toMatchObject({ id: foreign.id, can_manage_account: false });
    for (const readable of [
      `${path}/users`,
      `${path}/audit`,
      `${path}/zones`,
      `/api/v1/account/${foreign.id}/invites`,
      `/accounts/organizations/?uuid=${foreign.id}`,
      `/accounts/analysts/?organization=${foreign.id}`,
      `/accounts/invite/?organization=${foreign.id}`,
    ]) {
      expect([readable, (await bearer.get(readable)).status]).toEqual([readable, 200]);
    }
    expect((await bearer.get(`/accounts/organizations/?uuid=${foreign.id}`)).body.count).toBe(1);
    expect(statusAndBody(await bearer.patch(path, { title: "No" }))).toEqual(
      missingPermission("account:write"),
    );
    await execute(
      "DELETE FROM user_groups WHERE user_id = (SELECT id FROM users WHERE email = ?)",
      user.email,
    );
    expect((await bearer.get(path)).status).toBe(403);
  });
});

describe("restrictions and costs of tokens", () => {
  it("a token cannot create tokens", async () => {
    const user = await createUser();
    const { id, bearer } = await createAccessToken(user);
    const answer = await bearer.post(tokensPath, { description: "Another" });
    expect(statusAndBody(answer)).toEqual({
      status: 403,
      body: { detail: "A personal access token cannot do this. Sign in instead." },
    });
    expect((await bearer.post(tokensPath, {})).status).toBe(422);
    expect(await listTokens(user)).toMatchObject([{ id }]);
  });

  it("a token can list and delete tokens, including itself", async () => {
    const user = await createUser();
    const [first, second] = [await createAccessToken(user), await createAccessToken(user)];
    expect(await listTokens(first.bearer)).toMatchObject([{ id: first.id }, { id: second.id }]);
    expect((await first.bearer.delete(tokenPath(second.id))).status).toBe(204);
    expect((await second.bearer.get(tokensPath)).status).toBe(401);
    expect((await first.bearer.delete(tokenPath(first.id))).status).toBe(204);
    expect((await first.bearer.get(tokensPath)).status).toBe(401);
    expect(await listTokens(user)).toEqual([]);
  });

  it("a read with a token takes one round trip, and writes the last use once an hour", async () => {
    const counter = new CostMeter();
    const user = await createUser();
    const account = await createAccount(user);
    const { id, bearer } = await createAccessToken(user);
    const watched = counter.meter(bearer);
    const lastUse = async () => {
      const row = await queryRow("SELECT last_used_at FROM personal_access_tokens WHERE id = ?", id);
      return row?.["last_used_at"];
    };
    expect(await lastUse()).toBeNull();
    const before = Date.now();
    await watched.get("/api/v1/user");
    expect(counter.read()).toMatchObject({ roundTrips: 2, rowsWritten: 1 });
    const first = await lastUse();
    expect(first).toBeGreaterThanOrEqual(before);
    for (const path of [
      "/api/v1/user",
      "/api/v1/accounts",
      `/api/v1/account/${account.slug}`,
      `/api/v1/account/${account.slug}/users`,
      `/api/v1/account/${account.slug}/audit`,
      tokensPath,
      "/accounts/organizations/",
      "/accounts/users/",
      "/accounts/analysts/",
    ]) {
      expect((await watched.get(path)).status).toBe(200);
      expect([path, counter.read()]).toMatchObject([path, { roundTrips: 1, rowsWritten: 0 }]);
    }
    expect(await lastUse()).toBe(first);
    const almost = Date.now() - 59 * minute;
    await setToken(id, { last_used_at: almost });
    await watched.get("/api/v1/user");
    expect(await lastUse()).toBe(almost);
    await setToken(id, { last_used_at: Date.now() - 61 * minute });
    await watched.get("/api/v1/user");
    expect(await lastUse()).toBeGreaterThanOrEqual(before);
  });

  it("a refused token is not recorded as used", async () => {
    const counter = new CostMeter();
    const { id, token } = await createAccessToken(await createUser());
    await counter.meter(new Caller(withByte(token, 20))).get("/api/v1/user");
    expect(counter.read()).toMatchObject({ roundTrips: 1, rowsWritten: 0 });
    expect(await queryRow("SELECT last_used_at FROM personal_access_tokens WHERE id = ?", id)).toEqual({
      last_used_at: null,
    });
  });
});

/** Changes one byte of a token: 0 to 15 are the id, 16 to 39 the secret. */
function withByte(token: string, at: number): string {
  const bytes = Uint8Array.fromBase64(token.slice(5), { alphabet: "base64url" });
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return `acct_${bytes.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}

/** Replaces the last character of a token with another that decodes to the same bytes. */
function otherEnd(token: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return token.slice(0, -1) + alphabet.charAt(alphabet.indexOf(token.slice(-1)) + 1);
}

describe("malformed and forged tokens", () => {
  it.each<{ name: string; change: (token: string, other: string) => string }>([
    { name: "nothing behind the prefix", change: () => "acct_" },
    { name: "a word behind the prefix", change: () => "acct_secret" },
    { name: "another prefix", change: (token) => token.replace("acct_", "ACCT_") },
    { name: "no prefix", change: (token) => token.slice(5) },
    { name: "the prefix twice", change: (token) => `acct_${token}` },
    { name: "one character less", change: (token) => token.slice(0, -1) },
    { name: "one character more", change: (token) => `${token}A` },
    { name: "the id alone", change: (token) => token.slice(0, 27) },
    { name: "padding", change: (token) => `${token}==` },
    { name: "another spelling of the last byte", change: (token) => otherEnd(token) },
    { name: "a space inside", change: (token) => `${token.slice(0, 30)} ${token.slice(30)}` },
    { name: "a dot inside", change: (token) => `${token.slice(0, 30)}.${token.slice(30)}` },
    { name: "every letter in capitals", change: (token) => `acct_${token.slice(5).toUpperCase()}` },
    { name: "the first byte of the id changed", change: (token) => withByte(token, 0) },
    { name: "the last byte of the id changed", change: (token) => withByte(token, 15) },
    { name: "the first byte of the secret changed", change: (token) => withByte(token, 16) },
    { name: "the last byte of the secret changed", change: (token) => withByte(token, 39) },
    { name: "the secret of another token", change: (token, other) => token.slice(0, 26) + other.slice(26) },
    { name: "a secret of zeros", change: (token) => token.slice(0, 26) + "A".repeat(33) },
    { name: "a very long one", change: (token) => token.repeat(100) },
  ])("a malformed or forged token is 401 on both APIs: $name", async ({ change }) => {
    const user = await createUser();
    const [made, other] = [await createAccessToken(user), await createAccessToken(user)];
    const forged = new Caller(change(made.token, other.token));
    expect(forged.token).not.toBe(made.token);
    const here = await forged.get("/api/v1/user");
    expect(statusAndBody(here)).toEqual({ status: 401, body: badToken });
    expect(here.headers.get("WWW-Authenticate")).toBe("Bearer");
    const there = await forged.get("/accounts/organizations/");
    expect(statusAndBody(there)).toEqual({ status: 401, body: badTokenThere });
    expect(there.headers.get("WWW-Authenticate")).toBe('Bearer realm="api"');
    expect((await forged.post("/api/v1/accounts", { slug: unique("never") })).status).toBe(401);
    expect((await made.bearer.get("/api/v1/user")).status).toBe(200);
  });

  it("a forged token does not reveal that the user behind its id is inactive", async () => {
    const user = await createUser();
    const { token, bearer } = await createAccessToken(user);
    await execute("UPDATE users SET is_active = 0 WHERE email = ?", user.email);
    expect(statusAndBody(await new Caller(withByte(token, 30)).get("/api/v1/user"))).toEqual({
      status: 401,
      body: badToken,
    });
    expect((await bearer.get("/api/v1/user")).body).toEqual({ detail: "User inactive or deleted" });
  });
});

describe("rate limit of invalid tokens", () => {
  beforeAll(() => waitForFreshMinute(), 60_000);

  it("invalid tokens are limited to 100 a minute per address, and valid ones still work", async () => {
    const limited = workerWith({ RATE_LIMITS: "on" });
    const { id, token, bearer } = await createAccessToken(await createUser());
    const from = { headers: { "CF-Connecting-IP": "192.0.2.77" } };
    const forged = [withByte(token, 20), withByte(token, 3), "acct_short"].map((bad) =>
      new Caller(bad).via(limited),
    );
    const statuses = new Set<number>();
    for (let sent = 0; sent < 100; sent += 1) {
      const path = sent % 2 === 0 ? "/api/v1/user" : "/accounts/organizations/";
      statuses.add((await (forged[sent % 3] ?? bearer).get(path, from)).status);
    }
    expect([...statuses]).toEqual([401]);
    for (const bad of forged) {
      const refused = await bad.get("/api/v1/user", from);
      expect([refused.status, refused.headers.get("Retry-After")]).toEqual([429, "60"]);
    }
    expect((await bearer.via(limited).get("/api/v1/user", from)).status).toBe(200);
    await setToken(id, { expires_at: 1 });
    expect((await bearer.via(limited).get("/api/v1/user", from)).status).toBe(429);
  });
});
