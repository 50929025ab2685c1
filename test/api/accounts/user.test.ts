import { describe, expect, it } from "vitest";

import { createPrivateZone, deactivate, queryRow, setAccount } from "../../support/database.ts";
import {
  addMember,
  addToGroup,
  anonymous,
  createAccount,
  createOperator,
  createUser,
  unique,
} from "../../support/fixtures.ts";

describe("the user", () => {
  it("the user has every field from the token", async () => {
    const user = await createUser({
      name: "Ada King Lovelace",
      picture: "https://img.example/ada.png",
      locale: "pt-BR",
    });
    const answer = await user.get("/api/v1/user");
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: "Ada King Lovelace",
      email: user.email,
      language: "PT",
      type: "USER",
      last_login: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      avatar: "https://img.example/ada.png",
    });
    expect(await queryRow("SELECT first_name, last_name FROM users WHERE email = ?", user.email)).toEqual({
      first_name: "Ada",
      last_name: "King Lovelace",
    });
  });

  it("name, language and avatar are empty without claims", async () => {
    const answer = await (await createUser()).get("/api/v1/user");
    expect(answer.body).toMatchObject({ name: "", language: null, avatar: null });
  });

  it.each([
    { locale: "de_CH", language: "DE" },
    { locale: "en", language: "EN" },
    { locale: "CA-valencia", language: "CA" },
    { locale: "ja-JP", language: null },
    { locale: "english", language: null },
  ])("the locale $locale gives the language $language", async ({ locale, language }) => {
    expect((await (await createUser({ locale })).get("/api/v1/user")).body).toMatchObject({ language });
  });

  it("an operator has type ROOT, which is not stored", async () => {
    const root = await createUser({ sub: unique("root"), email: "root@example.com" });
    const me = await root.get("/api/v1/user");
    expect(me.body).toMatchObject({ type: "ROOT" });
    expect((await root.get("/api/v1/user/welcome")).body.preferences).toMatchObject({ type: "ROOT" });
    expect(await queryRow("SELECT type FROM users WHERE uuid = ?", me.body.id)).toEqual({ type: "USER" });
  });
});

describe("the welcome", () => {
  it("the welcome of a new user has every field", async () => {
    const user = await createUser({ name: "Ada Lovelace", locale: "en-GB" });
    const me = (await user.get("/api/v1/user")).body;
    const answer = await user.get("/api/v1/user/welcome");
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      preferences: {
        name: "Ada Lovelace",
        email: user.email,
        language: "EN",
        type: "USER",
        last_login: me.last_login,
      },
      accounts: [],
      create: true,
      can_be_deleted: true,
      dependant_accounts: [],
    });
  });

  it("the welcome lists the user's accounts and those that depend on the user", async () => {
    const user = await createUser();
    const other = await createUser();
    const alone = await createAccount(user, { title: "A" });
    const withOwner = await createAccount(user, { title: "B" });
    await addMember(withOwner, other, "AOWNER");
    const withMember = await createAccount(user, { title: "C" });
    await addMember(withMember, other);
    const member = await createAccount(other, { title: "D" });
    await addMember(member, user);
    await createAccount(other);
    const { body } = await user.get("/api/v1/user/welcome");
    expect(body).toMatchObject({
      accounts: [alone.id, withOwner.id, withMember.id, member.id],
      create: true,
      can_be_deleted: false,
    });
    expect(body.dependant_accounts).toEqual([
      { id: alone.id, slug: alone.slug },
      { id: withMember.id, slug: withMember.slug },
    ]);
  });

  it("an inactive owner does not count", async () => {
    const user = await createUser();
    const second = await createUser();
    const account = await createAccount(user);
    await addMember(account, second, "AOWNER");
    expect((await user.get("/api/v1/user/welcome")).body).toMatchObject({
      can_be_deleted: true,
      dependant_accounts: [],
    });
    await deactivate(second);
    expect((await user.get("/api/v1/user/welcome")).body).toMatchObject({
      can_be_deleted: false,
      dependant_accounts: [{ id: account.id, slug: account.slug }],
    });
  });
});

const europe = {
  id: "6b0c3f52-1a0e-4a57-9f6e-2d6a8f0d1e01",
  slug: "europe-1",
  title: "Europe 1",
  cloud_provider: "CLOUDFLARE",
  private: false,
  origin: null,
};
const us = { ...europe, id: "6b0c3f52-1a0e-4a57-9f6e-2d6a8f0d1e02", slug: "us-1", title: "US 1" };

describe("zones", () => {
  it("everyone signed in sees the public zones", async () => {
    await createPrivateZone();
    const user = await createUser();
    const administrator = await createUser();
    await addToGroup(administrator, 1);
    for (const caller of [user, administrator]) {
      const answer = await caller.get("/api/v1/zones");
      expect([answer.status, answer.body]).toEqual([200, [europe, us]]);
    }
    expect((await anonymous.get("/api/v1/zones")).status).toBe(401);
  });

  it("operators see all zones with their location hint", async () => {
    const zone = await createPrivateZone();
    const answer = await (await createOperator()).get("/api/v1/zones");
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(
      expect.arrayContaining([
        { ...europe, location_hint: "weur" },
        { ...us, location_hint: "enam" },
        {
          ...zone,
          title: "Private",
          cloud_provider: "ON_PREMISES",
          private: true,
          origin: null,
          location_hint: "weur",
        },
      ]),
    );
  });

  it("an account's zones are the public ones and its own private one", async () => {
    const [zone, foreign] = [await createPrivateZone(), await createPrivateZone()];
    const root = await createUser({ sub: unique("root"), email: "root@example.com" });
    const placed = await createAccount(root, { zone: zone.slug });
    await createAccount(root, { zone: foreign.slug });
    const member = await createUser();
    await addMember(placed, member);
    const answer = await member.get(`/api/v1/account/${placed.slug}/zones`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual([
      europe,
      us,
      { ...zone, title: "Private", cloud_provider: "ON_PREMISES", private: true, origin: null },
    ]);
    const elsewhere = await createAccount(member);
    expect((await member.get(`/api/v1/account/${elsewhere.id}/zones`)).body).toEqual([europe, us]);
    expect((await member.get("/api/v1/zones")).body).toEqual([europe, us]);
  });
});

describe("blocked accounts", () => {
  it.each(["manager", "trial_expired", "budget", "subscription_canceled", "subscription_unpaid"])(
    "an account blocked as %s answers reads, refuses changes with its state, and lets operators change it",
    async (state) => {
      const owner = await createUser();
      const account = await createAccount(owner);
      const path = `/api/v1/account/${account.slug}`;
      await setAccount(account, { blocking_state: state, quota_until: Date.now() + 60_000 });
      expect((await owner.get(path)).body).toMatchObject({ blocking_state: state });
      expect((await owner.get(`${path}/zones`)).status).toBe(200);
      expect((await owner.get("/api/v1/accounts")).body).toMatchObject([{ id: account.id }]);
      for (const body of [{ title: "No" }, { slug: unique("no") }, {}]) {
        const refused = await owner.patch(path, body);
        expect(refused.status).toBe(403);
        expect(refused.body).toEqual({ detail: `This account is blocked: ${state}` });
      }
      expect((await (await createUser()).patch(path, { title: "No" })).body.detail).not.toContain(state);
      expect((await (await createOperator()).patch(path, { title: "Yes" })).status).toBe(200);
      expect((await owner.get(path)).body).toMatchObject({ title: "Yes" });
      expect((await owner.delete(path)).status).toBe(204);
    },
  );

  it("an account in quota is not blocked, and shows the state until it ends", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const path = `/api/v1/account/${account.slug}`;
    await setAccount(account, { quota_until: Date.now() + 60_000 });
    expect((await owner.get(path)).body).toMatchObject({ blocking_state: "quota" });
    expect((await owner.patch(path, { title: "At the limit" })).status).toBe(200);
    await setAccount(account, { quota_until: Date.now() - 1 });
    expect((await owner.get(path)).body).toMatchObject({
      title: "At the limit",
      blocking_state: "unblocked",
    });
  });
});
