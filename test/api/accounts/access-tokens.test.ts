import { describe, expect, it } from "vitest";

import {
  createAccessToken,
  listTokens,
  setToken,
  tokenPath,
  tokensPath,
} from "../../support/access-tokens.ts";
import { queryRow } from "../../support/database.ts";
import { createUser } from "../../support/fixtures.ts";
import {
  controlCharacter,
  missingField,
  notString,
  tooLong,
  tooShort,
} from "../../support/pydantic-errors.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const missing = { detail: "Token not found" };

/** Decodes a token without its prefix. */
function bytesOf(token: string): Uint8Array {
  return Uint8Array.fromBase64(token.slice("acct_".length), { alphabet: "base64url" });
}

describe("creating a token", () => {
  it("the response has token, id and expiration", async () => {
    const user = await createUser();
    const answer = await user.post(tokensPath, { description: "Backup job" });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("Content-Type")).toBe("application/json");
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
    expect(answer.body).toEqual({
      id: expect.stringMatching(uuid),
      token: expect.stringMatching(/^acct_[A-Za-z0-9_-]+$/),
      expires: null,
    });
  });

  it("the token is shown only once", async () => {
    const user = await createUser();
    const { id, token } = await createAccessToken(user);
    const answer = await user.get(tokensPath);
    expect([answer.status, answer.body]).toEqual([200, [{ id, description: "For a test", expires: null }]]);
    expect(answer.text).not.toContain(token.slice(-20));
  });

  it("every token has its own id and a secret of at least 160 bits", async () => {
    const user = await createUser();
    const made = [];
    for (let at = 0; at < 20; at += 1) made.push(await createAccessToken(user));
    const secrets = made.map(({ id, token }) => {
      const bytes = bytesOf(token);
      expect(bytes.slice(0, 16).toHex()).toBe(id.replaceAll("-", ""));
      const secret = bytes.slice(16);
      expect(secret.byteLength * 8).toBeGreaterThanOrEqual(160);
      return secret.toHex();
    });
    expect(new Set(secrets).size).toBe(20);
    // Every byte varies from token to token.
    for (let at = 0; at < 40; at += 2) {
      expect(new Set(secrets.map((secret) => secret.slice(at, at + 2))).size).toBeGreaterThan(1);
    }
  });

  it("only a hash of the secret is stored", async () => {
    const user = await createUser();
    const { id, token } = await createAccessToken(user);
    const secret = bytesOf(token).slice(16);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", secret)).toHex();
    const row = await queryRow("SELECT * FROM personal_access_tokens WHERE id = ?", id);
    expect(row).toMatchObject({ secret_hash: hash });
    const tables = JSON.stringify([
      row,
      await queryRow("SELECT json_group_array(json_array(target, changes)) AS audit FROM audit_rows"),
      await queryRow("SELECT json_group_array(answer) AS answers FROM idempotency_keys"),
    ]);
    for (const spelling of [token, token.slice(-24), secret.toHex(), secret.toBase64()]) {
      expect(tables).not.toContain(spelling);
    }
    expect(tables.split(hash)).toHaveLength(2);
  });
});

describe("the token limit of a user", () => {
  const full = { detail: "Token limit reached (100). Delete a token and try again." };

  it("a user has at most a hundred tokens, even under simultaneous requests", async () => {
    const user = await createUser();
    const [first] = await Promise.all(Array.from({ length: 97 }, () => createAccessToken(user)));
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => user.post(tokensPath, { description: "One of eight" })),
    );
    const statuses = answers.map(({ status }) => status).sort((left, right) => left - right);
    expect(statuses).toEqual([201, 201, 201, 409, 409, 409, 409, 409]);
    expect(answers.filter(({ status }) => status === 409).map(({ body }) => body)).toEqual(
      Array.from({ length: 5 }, () => full),
    );
    expect(await listTokens(user)).toHaveLength(100);
    expect((await user.delete(tokenPath(first?.id ?? ""))).status).toBe(204);
    expect((await user.post(tokensPath, { description: "In its place" })).status).toBe(201);
  });

  it("expired tokens do not count toward the limit, and stay until their place is needed", async () => {
    const user = await createUser();
    const made = await Promise.all(Array.from({ length: 99 }, () => createAccessToken(user)));
    const old = made.slice(0, 2).map(({ id }) => id);
    for (const id of old) await setToken(id, { expires_at: Date.now() - 1 });
    await createAccessToken(user);
    expect(await listTokens(user)).toHaveLength(100);
    await createAccessToken(user);
    const left = (await listTokens(user)) as { id: string }[];
    expect(left).toHaveLength(99);
    expect(left.filter(({ id }) => old.includes(id))).toEqual([]);
  });

  it("tokens of another user do not count", async () => {
    const user = await createUser();
    await Promise.all(Array.from({ length: 100 }, () => createAccessToken(user)));
    expect((await user.post(tokensPath, { description: "One more" })).body).toEqual(full);
    expect((await (await createUser()).post(tokensPath, { description: "Another's" })).status).toBe(201);
  });
});

describe("the description", () => {
  it.each([
    { description: "  Backup job\u0020 ", stored: "Backup job" },
    { description: "Cafe\u0301", stored: "Caf\u00e9" },
    { description: "😀".repeat(200), stored: "😀".repeat(200) },
    { description: "<script>alert(1)</script>", stored: "<script>alert(1)</script>" },
  ])("the description $description is stored as $stored", async ({ description, stored }) => {
    const user = await createUser();
    const { id } = await createAccessToken(user, { description });
    expect(await listTokens(user)).toEqual([{ id, description: stored, expires: null }]);
  });

  it.each([
    { description: "", fault: tooShort },
    { description: "   ", fault: tooShort },
    { description: "\u00a0\u2003", fault: tooShort },
    { description: "x".repeat(201), fault: tooLong(200) },
    { description: "a\u0000b", fault: controlCharacter },
    { description: "a\nb", fault: controlCharacter },
    { description: "a\tb", fault: controlCharacter },
    { description: "a\u007fb", fault: controlCharacter },
    { description: "a\u009fb", fault: controlCharacter },
    { description: 5, fault: notString },
    { description: null, fault: notString },
    { description: ["Backup"], fault: notString },
  ])("the description $description is rejected", async ({ description, fault }) => {
    const user = await createUser();
    const answer = await user.post(tokensPath, { description });
    expect(answer.status).toBe(422);
    expect(answer.body).toEqual({ detail: [{ ...fault, loc: ["body", "description"], input: description }] });
    expect(await listTokens(user)).toEqual([]);
  });

  it("the description is required", async () => {
    const answer = await (await createUser()).post(tokensPath, { expiration_date: null });
    expect([answer.status, answer.body]).toEqual([
      422,
      {
        detail: [{ ...missingField, loc: ["body", "description"], input: { expiration_date: null } }],
      },
    ]);
  });
});

describe("the list", () => {
  it("the list has the caller's own tokens, oldest first, including expired ones", async () => {
    const [user, other] = [await createUser(), await createUser()];
    await createAccessToken(other);
    const ended = await createAccessToken(user, { description: "First" });
    const second = await createAccessToken(user, { description: "Second" });
    const third = await createAccessToken(user, { description: "Third" });
    await setToken(ended.id, { created_at: 1000, expires_at: 2000 });
    await setToken(second.id, { created_at: 3000 });
    expect(await listTokens(user)).toEqual([
      { id: ended.id, description: "First", expires: "1970-01-01T00:00:02.000Z" },
      { id: second.id, description: "Second", expires: null },
      { id: third.id, description: "Third", expires: null },
    ]);
  });
});

describe("deleting a token", () => {
  it("a deleted token leaves the list, and deleting it again is 404", async () => {
    const user = await createUser();
    const [first, second] = [await createAccessToken(user), await createAccessToken(user)];
    const answer = await user.delete(tokenPath(first.id));
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect(await listTokens(user)).toMatchObject([{ id: second.id }]);
    const again = await user.delete(tokenPath(first.id));
    expect([again.status, again.body]).toEqual([404, missing]);
  });

  it("the id is accepted in any spelling", async () => {
    const user = await createUser();
    const { id } = await createAccessToken(user);
    expect((await user.delete(tokenPath(id.toUpperCase()))).status).toBe(204);
    expect(await listTokens(user)).toEqual([]);
  });

  it("another user's token and a missing one are both 404 [R2]", async () => {
    const [user, other] = [await createUser(), await createUser()];
    const { id, bearer } = await createAccessToken(other);
    for (const answer of [
      await user.delete(tokenPath(id)),
      await user.delete(tokenPath(crypto.randomUUID())),
      await (await createAccessToken(user)).bearer.delete(tokenPath(id)),
    ]) {
      expect([answer.status, answer.body]).toEqual([404, missing]);
    }
    expect((await bearer.get("/api/v1/user")).status).toBe(200);
  });

  it("a malformed id is 422", async () => {
    const answer = await (await createUser()).delete(tokenPath("nobody"));
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toEqual([
      {
        type: "uuid_parsing",
        loc: ["path", "id"],
        msg: expect.stringMatching(/^Input should be a valid UUID, invalid character.* found `n` at 1$/),
        input: "nobody",
        ctx: { error: expect.stringMatching(/^invalid character.* found `n` at 1$/) },
      },
    ]);
  });

  it("simultaneous deletions delete once and write one audit row", async () => {
    const user = await createUser();
    const { id } = await createAccessToken(user);
    const answers = await Promise.all(Array.from({ length: 10 }, () => user.delete(tokenPath(id))));
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(9);
    const rows = await queryRow(
      "SELECT count(*) AS rows FROM audit_rows WHERE target = ? AND action = 'access_token.deleted'",
      `access_token:${id}`,
    );
    expect(rows).toEqual({ rows: 1 });
  });
});
