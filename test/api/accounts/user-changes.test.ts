import { describe, expect, it } from "vitest";

import { languages } from "../../../src/domain/user.ts";
import { masked } from "../../../src/services/audit.ts";
import { queryRow, queryRows } from "../../support/database.ts";
import { type Caller, createUser } from "../../support/fixtures.ts";
import { missingBody, statusAndText, userIdOf } from "../../support/members.ts";
import { userPath } from "../../support/organization-users.ts";
import { notOneOf, notString, tooLong, tooShort } from "../../support/pydantic-errors.ts";

const path = "/api/v1/user";
const done = { status: 200, text: "null" };

async function me(caller: Caller): Promise<Record<string, unknown>> {
  const { last_login: _, ...shown } = (await caller.get(path)).body;
  return shown;
}

/** Returns the recorded changes of a user, oldest first. */
async function historyOfUser(id: string): Promise<unknown[]> {
  const written = await queryRows(
    "SELECT actor, account_id, changes FROM audit_rows WHERE action = 'user.updated' AND target = ? ORDER BY id",
    `user:${id}`,
  );
  return written.map(({ changes, ...row }) => ({ ...row, changes: JSON.parse(String(changes)) }));
}

describe("changing the current user", () => {
  it.each<{ body: Record<string, unknown>; changed: Record<string, unknown> }>([
    { body: { name: "Grace Brewster Hopper" }, changed: { name: "Grace Brewster Hopper" } },
    { body: { name: "Grace" }, changed: { name: "Grace" } },
    { body: { name: "\u202eGra\u00adce\u200b Hopper\u2066" }, changed: { name: "Grace Hopper" } },
    { body: { name: "  Zoe\u0308   Doe " }, changed: { name: "Zo\u00eb Doe" } },
    { body: { name: "x".repeat(150) }, changed: { name: "x".repeat(150) } },
    { body: { email: "Grace@Example.org" }, changed: { email: "Grace@Example.org" } },
    {
      body: { avatar: "https://img.example/g.png?x=1" },
      changed: { avatar: "https://img.example/g.png?x=1" },
    },
    { body: { avatar: "initials" }, changed: { avatar: "initials" } },
    { body: { avatar: "/img/me.png" }, changed: { avatar: "/img/me.png" } },
    { body: { avatar: null }, changed: { avatar: null } },
    { body: { language: "DE" }, changed: { language: "DE" } },
    { body: { language: null }, changed: { language: null } },
    { body: { name: null, email: null }, changed: {} },
    { body: {}, changed: {} },
    {
      body: { name: "A B", email: "a@b.example", avatar: "x", language: "CA" },
      changed: { name: "A B", email: "a@b.example", avatar: "x", language: "CA" },
    },
  ])("$body changes only that, and the response is null", async ({ body, changed }) => {
    const user = await createUser({
      name: "Ada Lovelace",
      picture: "https://img.example/ada.png",
      locale: "en",
    });
    const before = await me(user);
    expect(statusAndText(await user.patch(path, body))).toEqual(done);
    expect(await me(user)).toEqual({ ...before, ...changed });
  });

  it("the name is split at the first space, as the organizations API shows", async () => {
    const user = await createUser({ name: "Ada Lovelace" });
    const id = await userIdOf(user);
    for (const [name, first_name, last_name] of [
      ["Augusta Ada King", "Augusta", "Ada King"],
      ["Ada", "Ada", ""],
    ]) {
      await user.patch(path, { name });
      expect((await user.get(userPath(id))).body).toMatchObject({ first_name, last_name, email: user.email });
    }
  });

  it("a change is visible on the organizations API", async () => {
    const user = await createUser({ name: "Ada Lovelace" });
    const id = await userIdOf(user);
    expect((await user.patch(userPath(id), { last_name: "Byron King" })).status).toBe(200);
    expect(await me(user)).toMatchObject({ name: "Ada Byron King" });
  });

  it("a change writes an audit row with masked values, and no change writes none", async () => {
    const user = await createUser({ name: "Ada Lovelace", locale: "en" });
    const id = await userIdOf(user);
    await user.patch(path, { name: "Ada King", email: "ada@king.example", language: "FR" });
    const row = {
      actor: id,
      account_id: null,
      changes: {
        last_name: [masked, masked],
        email: [masked, masked],
        language: ["EN", "FR"],
      },
    };
    expect(await historyOfUser(id)).toEqual([row]);
    for (const body of [
      {},
      { name: null, email: null },
      { name: "Ada King", email: "ada@king.example", language: "FR", avatar: null },
      { more: 1 },
    ]) {
      expect(statusAndText(await user.patch(path, body))).toEqual(done);
    }
    expect(await historyOfUser(id)).toEqual([row]);
  });

  it("read-only fields are ignored", async () => {
    const user = await createUser();
    const before = await me(user);
    const id = crypto.randomUUID();
    const more = { id, uuid: id, type: "ROOT", groups: [1], is_active: false, last_login: null, sub: "x" };
    const deep = { verified_email: "root@example.com", verifiedEmail: "root@example.com", first_name: "No" };
    expect(statusAndText(await user.patch(path, { ...more, ...deep }))).toEqual(done);
    expect(await me(user)).toEqual(before);
    expect(
      await queryRow("SELECT type, is_active, verified_email FROM users WHERE uuid = ?", before["id"]),
    ).toEqual({ type: "USER", is_active: 1, verified_email: user.email });
  });

  it("simultaneous changes lose no field", async () => {
    const user = await createUser();
    await userIdOf(user);
    const bodies = [
      { name: "At Once" },
      { avatar: "at-once" },
      { language: "PT" },
      { email: "at@once.example" },
    ];
    const answers = await Promise.all(bodies.map((body) => user.patch(path, body)));
    for (const answer of answers) expect(statusAndText(answer)).toEqual(done);
    expect(await me(user)).toMatchObject(Object.assign({}, ...bodies));
  });
});

describe("invalid changes", () => {
  const language = { ...notOneOf(...languages), loc: ["body", "language"] };

  async function refusalOf(body: unknown): Promise<unknown> {
    const user = await createUser({ name: "Ada" });
    const before = await me(user);
    const answer = await user.patch(path, body);
    expect([answer.status, await me(user)]).toEqual([422, before]);
    return answer.body.detail;
  }

  it("all errors are reported in field order, and nothing changes", async () => {
    const body = { language: "en", email: "nope", avatar: 5, name: "" };
    const reason = "An email address must have an @-sign.";
    expect(await refusalOf(body)).toEqual([
      { ...tooShort, loc: ["body", "name"], input: "" },
      { ...notString, loc: ["body", "avatar"], input: 5 },
      {
        type: "value_error",
        loc: ["body", "email"],
        msg: `value is not a valid email address: ${reason}`,
        input: "nope",
        ctx: { reason },
      },
      { ...language, input: "en" },
    ]);
    expect(await refusalOf({ name: "Good Name", language: "XX" })).toEqual([{ ...language, input: "XX" }]);
    expect(await refusalOf({ name: ["Ada"], email: {} })).toEqual([
      { ...notString, loc: ["body", "name"], input: ["Ada"] },
      { ...notString, loc: ["body", "email"], input: {} },
    ]);
    expect(await refusalOf(null)).toEqual([missingBody]);
  });

  it.each(["", " ", "\u00a0", "\t", "\u200b", "\u3164 \u200d"])(
    "an empty name is rejected: %j",
    async (input) => {
      expect(await refusalOf({ name: input })).toEqual([{ ...tooShort, loc: ["body", "name"], input }]);
    },
  );

  it.each([
    "x".repeat(151),
    `Ada ${"x".repeat(151)}`,
    `${"\u{1f600}".repeat(151)} Ada`,
    "Ada\nLovelace",
    "Ada\0",
    "\u001b[31mAda",
  ])("a name that is too long or has control characters is rejected: %j", async (input) => {
    expect(await refusalOf({ name: input })).toMatchObject([
      { type: "value_error", loc: ["body", "name"], input },
    ]);
  });

  it.each([
    "http://img.example/a.png",
    "HTTP://img.example/a.png",
    "data:image/png;base64,AAAA",
    " data:image/png;base64,AAAA",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "vbscript:x",
    "blob:https://img.example/x",
    "file:///etc/passwd",
    "//img.example/a.png",
    "\\\\img.example\\a.png",
    "/\\img.example/a.png",
    "https://127.0.0.1/a.png",
    "https://127.1/a.png",
    "https://0x7f000001/a.png",
    "https://2130706433/a.png",
    "https://169.254.169.254/latest",
    "https://[::1]/a.png",
    "https://localhost/a.png",
    "https://LOCALHOST./a.png",
    "https://a.localhost/a.png",
    "https://printer.local/a.png",
    "https://vault.internal/a.png",
    "https://intranet/a.png",
    "https://user:secret@img.example/a.png",
    "https:",
    "https://",
  ])("an avatar that is not a public https URL is rejected: %j [R65]", async (input) => {
    expect(await refusalOf({ avatar: input })).toMatchObject([
      { type: "value_error", loc: ["body", "avatar"], input },
    ]);
  });

  it("an empty avatar is rejected", async () => {
    expect(await refusalOf({ avatar: "" })).toEqual([{ ...tooShort, loc: ["body", "avatar"], input: "" }]);
  });

  it.each([
    { field: "name", max: 301 },
    { field: "avatar", max: 2048 },
  ])("a $field of more than $max characters is rejected", async ({ field, max }) => {
    const input = "x".repeat(max + 1);
    expect(await refusalOf({ [field]: input })).toEqual([{ ...tooLong(max), loc: ["body", field], input }]);
  });

  it("an avatar that hides its scheme behind ignored characters is rejected", async () => {
    for (const input of ["java\nscript:alert(1)", "\u0001javascript:alert(1)", "data\t:text/html,x"]) {
      expect(await refusalOf({ avatar: input })).toMatchObject([{ loc: ["body", "avatar"], input }]);
    }
  });
});
