import { describe, expect, it } from "vitest";

import {
  badToken,
  badTokenThere,
  createAccessToken,
  listTokens,
  setToken,
  tokenPath,
  tokensPath,
} from "../../support/access-tokens.ts";
import { deactivate, execute, queryRow } from "../../support/database.ts";
import { addToGroup, type Caller, createAccount, createUser, statusAndBody } from "../../support/fixtures.ts";
import { effort } from "../../support/effort.ts";
import { raceDuringWrite } from "../../support/race.ts";

const day = 24 * 60 * 60 * 1000;

describe("the expiration date", () => {
  it.each([
    { given: "2200-01-31T13:00:00Z", expires: "2200-01-31T13:00:00.000Z" },
    { given: "2200-01-31t13:00:00.5z", expires: "2200-01-31T13:00:00.500Z" },
    { given: "2200-01-31T13:00:00+02:00", expires: "2200-01-31T11:00:00.000Z" },
    { given: "2200-01-31T13:00:00-0230", expires: "2200-01-31T15:30:00.000Z" },
    { given: "2200-01-31T13:00:00", expires: "2200-01-31T13:00:00.000Z" },
    { given: "2200-01-31 13:00", expires: "2200-01-31T13:00:00.000Z" },
    { given: "2200-01-31", expires: "2200-01-31T00:00:00.000Z" },
    { given: 7_260_757_200, expires: "2200-01-31T13:00:00.000Z" },
    { given: "7260757200", expires: "2200-01-31T13:00:00.000Z" },
    { given: 7_260_757_200_000, expires: "2200-01-31T13:00:00.000Z" },
    { given: null, expires: null },
  ])("expiration_date $given is read as $expires", async ({ given, expires }) => {
    const user = await createUser();
    const answer = await user.post(tokensPath, { description: "Backup", expiration_date: given });
    expect([answer.status, answer.body.expires]).toEqual([201, expires]);
    expect(await listTokens(user)).toEqual([{ id: answer.body.id, description: "Backup", expires }]);
    expect(
      (await queryRow("SELECT expires_at FROM personal_access_tokens WHERE id = ?", answer.body.id))?.[
        "expires_at"
      ],
    ).toBe(expires === null ? null : Date.parse(expires));
  });

  it.each(["2020-01-31T13:00:00Z", "2020-01-31", 0, -1, "0", 1_580_475_600, "1970-01-01T00:00:00+14:00"])(
    "a past expiration_date is rejected: %j",
    async (input) => {
      const user = await createUser();
      const answer = await user.post(tokensPath, { description: "Late", expiration_date: input });
      expect([answer.status, answer.body]).toEqual([
        422,
        {
          detail: [
            {
              type: "datetime_future",
              loc: ["body", "expiration_date"],
              msg: "Input should be in the future",
              input,
            },
          ],
        },
      ]);
      expect(await listTokens(user)).toEqual([]);
    },
  );

  it("a date one millisecond ago is rejected, and one day ahead is accepted", async () => {
    const user = await createUser();
    const at = (moment: number) =>
      user.post(tokensPath, { description: "Now", expiration_date: new Date(moment).toISOString() });
    expect((await at(Date.now() - 1)).status).toBe(422);
    expect((await at(Date.now() + day)).status).toBe(201);
  });

  it.each([["tomorrow"], ["2200-02-30"], ["2200-13-01"], [""], [true], [[]], [{}]])(
    "an invalid expiration_date is rejected: %j",
    async (input) => {
      const answer = await (
        await createUser()
      ).post(tokensPath, { description: "Odd", expiration_date: input });
      expect(answer.status).toBe(422);
      expect(answer.body.detail).toEqual([
        expect.objectContaining({
          type: typeof input === "string" ? "datetime_from_date_parsing" : "datetime_type",
          loc: ["body", "expiration_date"],
          input,
        }),
      ]);
    },
  );
});

/** Expects both APIs to reject a caller's token. */
async function expectRefused(bearer: Caller): Promise<void> {
  const here = await bearer.get("/api/v1/user");
  expect(statusAndBody(here)).toEqual({ status: 401, body: badToken });
  expect(here.headers.get("WWW-Authenticate")).toBe("Bearer");
  const there = await bearer.get("/accounts/organizations/");
  expect(statusAndBody(there)).toEqual({ status: 401, body: badTokenThere });
  expect(there.headers.get("WWW-Authenticate")).toBe('Bearer realm="api"');
}

async function expectAccepted(bearer: Caller): Promise<void> {
  expect((await bearer.get("/api/v1/user")).status).toBe(200);
  expect((await bearer.get("/accounts/organizations/")).status).toBe(200);
}

describe("the end of a token", () => {
  it("a token works until it expires", async () => {
    const user = await createUser();
    const { id, bearer } = await createAccessToken(user, {
      expiration_date: new Date(Date.now() + day).toISOString(),
    });
    await expectAccepted(bearer);
    await setToken(id, { expires_at: Date.now() - 1 });
    await expectRefused(bearer);
    expect((await bearer.post("/api/v1/accounts", { slug: "never" })).status).toBe(401);
    expect((await bearer.post("/api/v1/accounts", {})).status).toBe(401);
    await setToken(id, { expires_at: Date.now() + day });
    await expectAccepted(bearer);
    expect((await user.delete(tokenPath(id))).status).toBe(204);
  });

  it("a deleted token is refused by the next request", async () => {
    const user = await createUser();
    const { id, bearer } = await createAccessToken(user);
    const other = await createAccessToken(user);
    await expectAccepted(bearer);
    expect((await user.delete(tokenPath(id))).status).toBe(204);
    await expectRefused(bearer);
    await expectAccepted(other.bearer);
    await expectAccepted(user);
  });

  it("a token of a deactivated user is refused with that reason, and works again later", async () => {
    const user = await createUser();
    const { bearer } = await createAccessToken(user);
    await deactivate(user);
    const here = await bearer.get("/api/v1/user");
    expect(statusAndBody(here)).toEqual({ status: 401, body: { detail: "User inactive or deleted" } });
    expect(here.headers.get("WWW-Authenticate")).toBe("Bearer");
    const there = await bearer.get("/accounts/organizations/");
    expect(statusAndBody(there)).toEqual({ status: 401, body: { detail: "User inactive or deleted." } });
    expect((await bearer.post("/api/v1/accounts", {})).status).toBe(401);
    await execute("UPDATE users SET is_active = 1 WHERE email = ?", user.email);
    await expectAccepted(bearer);
  });

  it("a token ends when its user is deleted, by anyone", async () => {
    const [first, second] = [await createUser(), await createUser()];
    const own = await createAccessToken(first);
    expect((await own.bearer.delete("/api/v1/user")).status).toBe(204);
    await expectRefused(own.bearer);
    const foreign = await createAccessToken(second);
    const administrator = await createUser();
    await addToGroup(administrator, 1);
    const { id } = (await second.get("/api/v1/user")).body;
    expect((await administrator.delete(`/accounts/users/${id}/`)).status).toBe(204);
    await expectRefused(foreign.bearer);
    for (const { id: token } of [own, foreign]) {
      expect(await queryRow("SELECT 1 FROM personal_access_tokens WHERE id = ?", token)).toBeUndefined();
    }
  });

  it("a token works after the sign-in that created it expired", async () => {
    const claims = { email: (await createUser()).email };
    const { bearer } = await createAccessToken(await createUser(claims, { expiresIn: 5 }));
    expect((await (await createUser(claims, { expiresIn: -3600 })).get("/api/v1/user")).status).toBe(401);
    await expectAccepted(bearer);
  });
});

describe("a token deleted during its request", () => {
  const writes: Readonly<
    Record<
      string,
      (caller: Caller, account: { id: string; slug: string }, user: string) => ReturnType<Caller["get"]>
    >
  > = {
    "making an account": (caller) => caller.post("/api/v1/accounts", { slug: "never-made" }),
    "changing an account": (caller, { slug }) => caller.patch(`/api/v1/account/${slug}`, { title: "Late" }),
    "deleting an account": (caller, { slug }) => caller.delete(`/api/v1/account/${slug}`),
    inviting: (caller, { slug }) =>
      caller.post(`/api/v1/account/${slug}/invite`, { email: "late@example.com" }),
    "inviting on the other API": (caller, { id }) =>
      caller.post(`/accounts/invite/?organization=${id}`, { invitee_identifier: "late@example.com" }),
    "changing members": (caller, { slug }, user) =>
      caller.patch(`/api/v1/account/${slug}/users`, { add: [{ id: user, role: "AMEMBER" }] }),
    "changing oneself": (caller) => caller.patch("/api/v1/user", { name: "Late" }),
    "changing oneself on the other API": async (caller, _, user) =>
      caller.patch(`/accounts/users/${user}/`, { first_name: "Late" }),
    "making a user": (caller, { id }) =>
      caller.post(`/accounts/users/?organization=${id}`, { email: "late@example.com" }),
    consenting: (caller) => caller.patch("/accounts/analysts/current/", { consent_given: true }),
  };

  it.each(Object.entries(writes))(
    "a token deleted during its request changes nothing: %s",
    async (name, send) => {
      const user = await createUser();
      const account = await createAccount(user);
      const me = (await user.get("/api/v1/user")).body.id;
      const subject =
        name === "changing members" ? (await (await createUser()).get("/api/v1/user")).body.id : me;
      const { id, bearer } = await createAccessToken(user);
      await expectAccepted(bearer);
      let after = -1;
      const late = bearer.via(
        raceDuringWrite(async () => {
          await user.delete(tokenPath(id));
          after = await changesBy(me);
        }),
      );
      const answer = await send(late, account, subject);
      expect(after).toBeGreaterThan(0);
      expect(answer.status).toBe(401);
      expect(await changesBy(me)).toBe(after);
    },
  );

  it("a request during the deletion of its token is either done completely or refused", async () => {
    const user = await createUser();
    const account = await createAccount(user);
    for (let round = 0; round < effort(3, 10); round += 1) {
      const { id, bearer } = await createAccessToken(user);
      const title = `Round ${round}`;
      const [write, deletion] = await Promise.all([
        bearer.patch(`/api/v1/account/${account.slug}`, { title }),
        user.delete(tokenPath(id)),
      ]);
      expect(deletion.status).toBe(204);
      expect([200, 401]).toContain(write.status);
      const { body } = await user.get(`/api/v1/account/${account.slug}`);
      expect(body.title === title).toBe(write.status === 200);
      await expectRefused(bearer);
    }
  });
});

/** Counts the audit rows of a user as actor. */
async function changesBy(uuid: string): Promise<number> {
  const row = await queryRow("SELECT count(*) AS rows FROM audit_rows WHERE actor = ?", uuid);
  return Number(row?.["rows"]);
}
