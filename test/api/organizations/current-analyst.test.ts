import { describe, expect, it } from "vitest";

import { queryRow, runStatements } from "../../support/database.ts";
import { type Caller, createUser, statusAndBody } from "../../support/fixtures.ts";
import { createInactiveUser, createKnownUser, sendRaw } from "../../support/organizations.ts";

const path = "/accounts/analysts/current/";
const form = "application/x-www-form-urlencoded";

async function uuidOf(caller: Caller): Promise<string> {
  return (await caller.get("/api/v1/user")).body.id;
}

async function stored(caller: Caller): Promise<Record<string, unknown> | undefined> {
  return queryRow("SELECT consent_given, consent_at FROM users WHERE uuid = ?", await uuidOf(caller));
}

async function history(caller: Caller): Promise<Record<string, unknown>[]> {
  const [rows] = await runStatements([
    "SELECT account_id, actor, action, changes FROM audit_rows WHERE target = ? AND action <> 'user.created' ORDER BY id",
    `user:${await uuidOf(caller)}`,
  ]);
  return rows ?? [];
}

function change(caller: Caller, value: unknown) {
  return caller.patch(path, { consent_given: value });
}

describe("the current analyst", () => {
  it("the current analyst is the caller, who has not consented at first", async () => {
    const caller = await createUser();
    const answer = statusAndBody(await caller.get(path));
    expect(answer).toEqual({
      status: 200,
      body: { consent_given: false, user_uuid: await uuidOf(caller) },
    });
    expect(await stored(caller)).toEqual({ consent_given: 0, consent_at: null });
  });

  it("consent applies to the caller alone", async () => {
    const [caller, other] = [await createKnownUser(), await createKnownUser()];
    const body = { consent_given: true, user_uuid: await uuidOf(caller) };
    expect(statusAndBody(await change(caller, true))).toEqual({ status: 200, body });
    expect((await caller.get(path)).body).toEqual(body);
    expect((await other.get(path)).body.consent_given).toBe(false);
  });

  it("each change of consent stores its time and an audit row", async () => {
    const caller = await createKnownUser();
    const id = await uuidOf(caller);
    const before = Date.now();
    await change(caller, true);
    const given = await stored(caller);
    expect(given?.["consent_given"]).toBe(1);
    expect(given?.["consent_at"]).toBeGreaterThanOrEqual(before);
    await runStatements(["UPDATE users SET consent_at = 5 WHERE uuid = ?", id]);

    for (const same of [{ consent_given: true }, { consent_given: "yes" }, {}, undefined]) {
      expect((await caller.patch(path, same)).body).toEqual({ consent_given: true, user_uuid: id });
    }
    expect(await stored(caller)).toEqual({ consent_given: 1, consent_at: 5 });

    expect((await change(caller, false)).body.consent_given).toBe(false);
    const withdrawn = await stored(caller);
    expect(withdrawn?.["consent_given"]).toBe(0);
    expect(withdrawn?.["consent_at"]).toBeGreaterThanOrEqual(before);
    const entry = { account_id: null, actor: id };
    expect(await history(caller)).toEqual([
      { ...entry, action: "user.consented", changes: '{"consent_given":[false,true]}' },
      { ...entry, action: "user.consent_withdrawn", changes: '{"consent_given":[true,false]}' },
    ]);
  });

  it("simultaneous equal changes of consent count as one", async () => {
    const caller = await createKnownUser();
    const answers = await Promise.all(Array.from({ length: 20 }, () => change(caller, true)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await history(caller)).toHaveLength(1);
  });

  it("the current analyst cannot change their user_uuid", async () => {
    const [caller, other] = [await createKnownUser(), await createKnownUser()];
    const fields = { user_uuid: await uuidOf(other), user: 1, is_active: false, consent_at: 1 };
    const answer = await caller.patch(path, fields);
    const body = { consent_given: false, user_uuid: await uuidOf(caller) };
    expect(statusAndBody(answer)).toEqual({ status: 200, body });
    expect(await stored(caller)).toEqual({ consent_given: 0, consent_at: null });
  });

  it("an inactive user gets 401, whatever they send", async () => {
    const caller = await createInactiveUser();
    const refused = { status: 401, body: { detail: "User inactive or deleted." } };
    expect(statusAndBody(await caller.get(path))).toEqual(refused);
    expect(statusAndBody(await change(caller, true))).toEqual(refused);
    expect(statusAndBody(await sendRaw(caller, "PATCH", path, "{", "application/json"))).toEqual(refused);
  });
});

describe("consent_given", () => {
  it.each([true, "true", "True", "T", "t", "y", "yes", "YES", "on", "1", 1, 1.0, " yes "])(
    "consent_given %j gives consent",
    async (value) => {
      const answer = await change(await createUser(), value);
      expect([answer.status, answer.body.consent_given]).toEqual([200, true]);
    },
  );

  it.each([false, "false", "F", "n", "no", "off", "0", 0])(
    "consent_given %j withdraws consent",
    async (value) => {
      const caller = await createUser();
      await change(caller, true);
      const answer = await change(caller, value);
      expect([answer.status, answer.body.consent_given]).toEqual([200, false]);
    },
  );

  it.each([
    { value: null, sentence: "This field may not be null." },
    { value: "", sentence: "Must be a valid boolean." },
    { value: "perhaps", sentence: "Must be a valid boolean." },
    { value: 2, sentence: "Must be a valid boolean." },
    { value: [], sentence: "Must be a valid boolean." },
    { value: [true], sentence: "Must be a valid boolean." },
    { value: {}, sentence: "Must be a valid boolean." },
  ])("consent_given $value is rejected", async ({ value, sentence }) => {
    const caller = await createUser();
    const refused = { status: 400, body: { consent_given: [sentence] } };
    expect(statusAndBody(await change(caller, value))).toEqual(refused);
    expect(await stored(caller)).toEqual({ consent_given: 0, consent_at: null });
  });

  it("consent_given is read from forms", async () => {
    const caller = await createUser();
    expect((await sendRaw(caller, "PATCH", path, "consent_given=yes", form)).body.consent_given).toBe(true);
    const parts = new FormData();
    parts.append("consent_given", "0");
    expect((await sendRaw(caller, "PATCH", path, parts)).body.consent_given).toBe(false);
    const invalid = await sendRaw(caller, "PATCH", path, "consent_given=x", form);
    const body = { consent_given: ["Must be a valid boolean."] };
    expect(statusAndBody(invalid)).toEqual({ status: 400, body });
  });
});

describe("requests that cannot be read", () => {
  it("a body that is not an object is rejected", async () => {
    const sentence = "Invalid data. Expected a dictionary, but got list.";
    const answer = await (await createUser()).patch(path, []);
    expect(statusAndBody(answer)).toEqual({ status: 400, body: { non_field_errors: [sentence] } });
  });

  it("malformed JSON is rejected", async () => {
    const answer = await sendRaw(
      await createUser(),
      "PATCH",
      path,
      '{"consent_given": tru',
      "application/json",
    );
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toMatch(/^JSON parse error - /);
  });

  it("a body of another media type is rejected", async () => {
    const answer = await sendRaw(await createUser(), "PATCH", path, "<a/>", "text/xml");
    const body = { detail: 'Unsupported media type "text/xml" in request.' };
    expect(statusAndBody(answer)).toEqual({ status: 415, body });
  });

  it.each(["POST", "PUT", "DELETE"])("the method %s is not allowed", async (method) => {
    const answer = await (await createUser()).send(method, path);
    expect(statusAndBody(answer)).toEqual({
      status: 405,
      body: { detail: `Method "${method}" not allowed.` },
    });
    expect(answer.headers.get("Allow")).toBe("GET, PATCH, HEAD, OPTIONS");
  });
});
