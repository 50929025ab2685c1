/** Sign-in: the first requests of an identity create or bind a user. */
import type { JWTPayload } from "jose";
import { beforeEach, describe, expect, it } from "vitest";

import { execute, queryRow } from "../../support/database.ts";
import {
  type ApiResponse,
  Caller,
  createAccount,
  createToken,
  createUser,
  unique,
} from "../../support/fixtures.ts";
import { workerWith } from "../../support/worker.ts";

const other = { issuer: "https://other.test" } as const;
const hour = 60 * 60 * 1000;

function me(caller: Caller): Promise<ApiResponse> {
  return caller.get("/api/v1/user");
}

/** Inserts a user without an identity and returns its uuid. */
async function invite(email: string, columns: Record<string, unknown> = {}): Promise<string> {
  const row = {
    uuid: crypto.randomUUID(),
    email,
    email_key: email.trim().toLowerCase(),
    search_text: `\u0001\u0001${email.toLowerCase()}\n\u0001\u0001\n\u0001\u0001`,
    created_at: Date.now(),
    ...columns,
  };
  const names = Object.keys(row);
  await execute(
    `INSERT INTO users (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`,
    ...Object.values(row),
  );
  return row.uuid;
}

async function countUsers(email: string): Promise<unknown> {
  const row = await queryRow("SELECT count(*) AS count FROM users WHERE email_key = ?", email.toLowerCase());
  return row?.["count"];
}

/** Returns an address that no other test uses. */
let address = "";
beforeEach(() => {
  address = `${unique("user")}@example.com`;
});

describe("the first request of an identity", () => {
  it.each([
    { claims: { name: "Ada King Lovelace" }, first: "Ada", last: "King Lovelace" },
    { claims: { name: "Ada" }, first: "Ada", last: "" },
    { claims: { given_name: "Ada", family_name: "King" }, first: "Ada", last: "King" },
    { claims: { name: "The Countess", given_name: "Ada" }, first: "The", last: "Countess" },
    { claims: { name: "Jane Example", given_name: "Jane Example" }, first: "Jane", last: "Example" },
    {
      claims: { name: "Jo Ann Lee", given_name: "Jo Ann", family_name: "Lee" },
      first: "Jo Ann",
      last: "Lee",
    },
    { claims: { name: "Ada\tKing\r\n" }, first: "Ada", last: "King" },
    { claims: { name: "x".repeat(200) }, first: "x".repeat(150), last: "" },
    { claims: { name: "x".repeat(1000) }, first: "x".repeat(150), last: "" },
    { claims: { name: "\u200b", preferred_username: "ada.king" }, first: "ada.king", last: "" },
    { claims: { family_name: "King", preferred_username: "ada.king" }, first: "", last: "King" },
    { claims: { name: "  Ada  King " }, first: "Ada", last: "King" },
    {
      claims: { given_name: " Zoe\u0308 ", family_name: "\ufeffKing\u00a0" },
      first: "Zo\u00eb",
      last: "King",
    },
    { claims: { family_name: `${"x".repeat(149)} y` }, first: "", last: "x".repeat(149) },
    { claims: { name: 5 }, first: "", last: "" },
    { claims: {}, first: "", last: "" },
  ])(
    "the first request of an identity creates a user with the names of the token: $claims",
    async ({ claims, first, last }) => {
      const user = await createUser({ email: address, ...claims });
      const answer = await me(user);
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ email: address, name: `${first} ${last}`.trim() });
      expect(
        await queryRow("SELECT first_name, last_name FROM users WHERE uuid = ?", answer.body.id),
      ).toEqual({
        first_name: first,
        last_name: last,
      });
    },
  );

  it("the first request of an identity stores picture and language, but only an https picture", async () => {
    const shown = await me(await createUser({ picture: "https://img.example/a.png", locale: "fr-CA" }));
    expect(shown.body).toMatchObject({ avatar: "https://img.example/a.png", language: "FR" });
    for (const picture of ["http://img.example/a.png", "javascript:alert(1)", "data:image/png;base64,x", 7]) {
      expect((await me(await createUser({ picture }))).body).toMatchObject({ avatar: null });
    }
  });

  it("the first request of an identity stores the e-mail as written", async () => {
    const written = `${unique("Ada")}@Example.COM`;
    expect((await me(await createUser({ email: written }))).body).toMatchObject({ email: written });
  });

  it("the first request of an identity can have no e-mail", async () => {
    const answer = await me(await createUser({ sub: unique("sub"), email: undefined }));
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ email: "" });
  });

  it("the first request of an identity creates one user when it is sent twenty times concurrently", async () => {
    const user = await createUser({ email: address });
    const answers = await Promise.all(Array.from({ length: 20 }, () => me(user)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await countUsers(address)).toBe(1);
  });

  it("the first request of an identity can create an account, which the new user owns", async () => {
    const user = await createUser({ email: address });
    const { id } = await createAccount(user);
    expect((await user.get("/api/v1/accounts")).body).toMatchObject([{ id }]);
  });

  it("the first request of an identity creates two users for one subject of two issuers", async () => {
    const claims = { sub: unique("same"), email: address };
    const [here, there] = [await me(await createUser(claims)), await me(await createUser(claims, other))];
    expect([here.status, there.status]).toEqual([200, 200]);
    expect(here.body.id).not.toBe(there.body.id);
  });
});

describe("a verified e-mail", () => {
  it("a verified e-mail binds the only active user without an identity, with names and picture of the token", async () => {
    const uuid = await invite(address, { first_name: "Old", last_name: "Name", avatar: null });
    const email = address.toUpperCase();
    const claims = { sub: unique("sub"), email, name: "Ada Lovelace", picture: "https://img.example/a.png" };
    const user = await createUser(claims);
    const answer = await me(user);
    expect(answer.body).toMatchObject({
      id: uuid,
      email: address,
      name: "Ada Lovelace",
      avatar: "https://img.example/a.png",
    });
    expect((await me(user)).body.id).toBe(uuid);
    expect(await countUsers(address)).toBe(1);
    expect(await queryRow("SELECT search_text FROM users WHERE uuid = ?", uuid)).toEqual({
      search_text: `\u0001\u0001${address}\n\u0001\u0001ada\n\u0001\u0001lovelace`,
    });
  });

  it("a verified e-mail does not remove names that the token does not have", async () => {
    await invite(address, { first_name: "Old", last_name: "Name", avatar: "https://img.example/old.png" });
    expect((await me(await createUser({ email: address }))).body).toMatchObject({
      name: "Old Name",
      avatar: "https://img.example/old.png",
    });
  });

  it.each([
    { first_name: "Old", last_name: "Name", shown: "Old Name" },
    { first_name: "", last_name: "", shown: "ada.king" },
  ])(
    "a verified e-mail takes the user name of the token only if the user has no name: $shown",
    async ({ shown, ...names }) => {
      await invite(address, names);
      const user = await createUser({ email: address, preferred_username: "ada.king" });
      expect((await me(user)).body).toMatchObject({ name: shown });
    },
  );

  it("a verified e-mail may be marked as verified by a string", async () => {
    const uuid = await invite(address);
    expect((await me(await createUser({ email: address, email_verified: "true" }))).body.id).toBe(uuid);
  });

  it("a verified e-mail binds no user if there are two", async () => {
    const uuids = [await invite(address), await invite(address)];
    const answer = await me(await createUser({ email: address }));
    expect(answer.status).toBe(200);
    expect(uuids).not.toContain(answer.body.id);
    expect(await countUsers(address)).toBe(3);
  });

  it("a verified e-mail binds no inactive user", async () => {
    const uuid = await invite(address, { is_active: 0 });
    const answer = await me(await createUser({ email: address }));
    expect([answer.status, answer.body.id === uuid]).toEqual([200, false]);
  });

  it("a verified e-mail binds no user who has signed in before [R30]", async () => {
    const first = await me(await createUser({ email: address }));
    const second = await me(await createUser({ email: address, sub: unique("second") }));
    expect(second.status).toBe(200);
    expect(second.body.id).not.toBe(first.body.id);
  });

  it.each([
    { name: "if email_verified is false", claims: { email_verified: false }, options: undefined },
    { name: "if email_verified is another string", claims: { email_verified: "yes" }, options: undefined },
    { name: "if email_verified is missing", claims: { email_verified: undefined }, options: undefined },
    { name: "from an issuer that is not trusted with e-mails", claims: {}, options: other },
  ])("a verified e-mail is not accepted $name, and a new user is created", async ({ claims, options }) => {
    const uuid = await invite(address);
    const answer = await me(await createUser({ email: address, ...claims }, options));
    expect(answer.status).toBe(200);
    expect(answer.body.id).not.toBe(uuid);
    expect(await countUsers(address)).toBe(2);
  });

  it("a verified e-mail of ten concurrent identities binds exactly one", async () => {
    const uuid = await invite(address);
    const callers = await Promise.all(
      Array.from({ length: 10 }, () => createUser({ email: address, sub: unique("sub") })),
    );
    const answers = await Promise.all(callers.map(me));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    const ids = answers.map(({ body }) => body.id);
    expect(new Set(ids).size).toBe(10);
    expect(ids.filter((id) => id === uuid)).toHaveLength(1);
  });

  it("a verified e-mail that is empty binds no user", async () => {
    const uuid = await invite("");
    for (const email of ["", " ", undefined]) {
      const answer = await me(await createUser({ sub: unique("sub"), email }));
      expect(answer.status).toBe(200);
      expect(answer.body.id).not.toBe(uuid);
    }
  });
});

it("an inactive user is rejected at once by both APIs", async () => {
  const user = await createUser();
  const { body } = await me(user);
  await execute("UPDATE users SET is_active = 0 WHERE uuid = ?", body.id);
  const answers = [await me(user), await user.get("/accounts/organizations/")];
  expect(answers.map(({ status }) => status)).toEqual([401, 401]);
  expect(answers[0]?.body).toEqual({ detail: "User inactive or deleted" });
  expect(answers[1]?.body).toEqual({ detail: "User inactive or deleted." });
});

describe("an identity whose user was deleted", () => {
  const issuer = "https://issuer.test";
  const seconds = () => Math.floor(Date.now() / 1000);

  async function forget(subject: string, deletedAt: number): Promise<void> {
    const bytes = new TextEncoder().encode(`${issuer}\0${subject}`);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    await execute("INSERT INTO deleted_identities (hash, deleted_at) VALUES (?, ?)", hash, deletedAt);
  }
  /** With `iat` undefined, a token that does not say when it was issued. */
  const bearer = async (sub: string, iat: number | undefined) =>
    new Caller(await createToken({ sub, iat } as JWTPayload));

  it("an identity whose user was deleted is rejected with a token issued before the deletion, or without an issue time", async () => {
    const sub = unique("gone");
    await forget(sub, Date.now() - 10_000);
    for (const iat of [seconds() - 3600, seconds() - 11, undefined]) {
      const answer = await me(await bearer(sub, iat));
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual({ detail: "Invalid or expired token" });
    }
  });

  it("an identity whose user was deleted is a new user with a newer token, while older tokens are still rejected", async () => {
    const sub = unique("gone");
    await forget(sub, Date.now() - 10_000);
    const made = await me(await bearer(sub, seconds()));
    expect(made.status).toBe(200);
    const again = await me(await bearer(sub, seconds() - 3600));
    expect([again.status, again.body]).toEqual([401, { detail: "Invalid or expired token" }]);
  });

  it("an identity whose user was deleted is another identity at another issuer", async () => {
    const sub = unique("gone");
    await forget(sub, Date.now());
    const answer = await me(new Caller(await createToken({ sub }, other)));
    expect(answer.status).toBe(200);
  });
});

describe("last_login", () => {
  async function afterSeenAt(moment: number): Promise<unknown> {
    const user = (await createUser()).via(workerWith({}));
    const { id } = (await me(user)).body;
    await execute("UPDATE users SET last_login = ? WHERE uuid = ?", moment, id);
    expect((await me(user)).status).toBe(200);
    const row = await queryRow("SELECT last_login FROM users WHERE uuid = ?", id);
    return row?.["last_login"];
  }

  it("last_login is not updated within an hour", async () => {
    const moment = Date.now() - hour + 60_000;
    expect(await afterSeenAt(moment)).toBe(moment);
  });

  it("last_login is updated after an hour", async () => {
    const before = Date.now();
    expect(await afterSeenAt(before - hour - 1000)).toBeGreaterThanOrEqual(before);
  });
});
