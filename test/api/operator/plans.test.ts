/** Limits and trials of plans, and the effects of an operator's settings on members. */
import { describe, expect, it } from "vitest";

import { setAccount } from "../../support/database.ts";
import { addMember, createUser, unique, statusAndBody } from "../../support/fixtures.ts";
import { storeInvite } from "../../support/invitations.ts";
import { auditChangesOf, blockingPath, getBody, noSeat, setUp, userRefOf } from "../../support/operator.ts";

const day = 24 * 60 * 60 * 1000;
const later = "2200-01-31T13:00:00.000Z";
const past = "2020-01-31T13:00:00.000Z";

/** Creates an account that is blocked because its trial has expired. */
async function startExpired() {
  const started = await setUp();
  await setAccount(started.account, { blocking_state: "trial_expired", trial_expires_at: Date.parse(past) });
  return started;
}

describe("a plan", () => {
  it.each([
    { type: "stash-trial", effective: { max_users: 10, max_kbs: 1, usage_limit: 10_000 } },
    { type: "v3starter", effective: { max_users: 10, max_kbs: 5, usage_limit: 100_000 } },
    { type: "v3fly", effective: { max_users: 10, max_kbs: 5, usage_limit: 100_000 } },
    { type: "v3growth", effective: { max_users: 50, max_kbs: 20, usage_limit: 1_000_000 } },
    { type: "v3pro", effective: { max_users: 50, max_kbs: 20, usage_limit: 1_000_000 } },
    { type: "v3enterprise", effective: { max_users: null, max_kbs: null, usage_limit: null } },
    { type: "cowork", effective: { max_users: null, max_kbs: null, usage_limit: null } },
  ])(
    "the plan $type has the limits $effective, unless the account has its own",
    async ({ type, effective }) => {
      const { owner, root, path, own } = await setUp();
      const none = { max_users: null, max_kbs: null, usage_limit: null };
      expect(statusAndBody(await root.patch(path, { type }))).toMatchObject({
        status: 200,
        body: { type, ...none, effective },
      });
      const { max_users, max_kbs } = effective;
      expect(await getBody(owner, own)).toMatchObject({ type, max_users, max_kbs });
      const settings = { max_users: 3, max_kbs: 0, usage_limit: 5 };
      expect((await root.patch(path, settings)).body).toMatchObject({ ...settings, effective: settings });
      expect(await getBody(owner, own)).toMatchObject({ type, max_users: 3, max_kbs: 0 });
      expect((await root.patch(path, none)).body).toMatchObject({ ...none, effective });
    },
  );

  it("a trial plan gives an account a trial of fourteen days", async () => {
    const before = Date.now();
    const { root, path } = await setUp();
    const end = Date.parse((await getBody(root, path)).trial_expiration_date);
    expect(end).toBeGreaterThanOrEqual(before + 14 * day);
    expect(end).toBeLessThanOrEqual(Date.now() + 14 * day);
  });

  it.each(["v3starter", "v3fly", "v3growth", "v3pro", "v3enterprise", "cowork"])(
    "the plan %s ends the trial, unless the change sets an end",
    async (type) => {
      const first = await setUp();
      const before = Date.parse((await getBody(first.root, first.path)).trial_expiration_date);
      expect((await first.root.patch(first.path, { type })).body.trial_expiration_date).toBeNull();
      expect((await auditChangesOf(`account:${first.account.id}`)).at(-1)?.changes).toEqual({
        type: ["stash-trial", type],
        trial_expires_at: [before, null],
      });
      const second = await setUp();
      const dated = { type, trial_expiration_date: later };
      expect((await second.root.patch(second.path, dated)).body).toMatchObject(dated);
      const third = await setUp();
      const dateless = { type, trial_expiration_date: null };
      expect((await third.root.patch(third.path, dateless)).body).toMatchObject(dateless);
    },
  );

  it("setting the same plan again does not change the trial", async () => {
    const { root, path } = await setUp();
    const before = await getBody(root, path);
    expect((await root.patch(path, { type: "stash-trial" })).body).toEqual(before);
    const dated = { type: "v3pro", trial_expiration_date: later };
    await root.patch(path, dated);
    expect((await root.patch(path, { type: "v3pro", max_kbs: 3 })).body).toMatchObject(dated);
  });

  it("a trial plan starts a trial now or keeps the end that is set", async () => {
    const { root, path } = await setUp();
    await root.patch(path, { type: "v3pro" });
    const before = Date.now();
    const { body } = await root.patch(path, { type: "stash-trial" });
    expect(Date.parse(body.trial_expiration_date)).toBeGreaterThanOrEqual(before + 14 * day);
    expect(Date.parse(body.trial_expiration_date)).toBeLessThanOrEqual(Date.now() + 14 * day);
    await root.patch(path, { type: "v3pro", trial_expiration_date: later });
    const dated = { type: "stash-trial", trial_expiration_date: later };
    expect((await root.patch(path, { type: "stash-trial" })).body).toMatchObject(dated);
    const dateless = { type: "stash-trial", trial_expiration_date: null };
    await root.patch(path, { type: "v3fly" });
    expect((await root.patch(path, dateless)).body).toMatchObject(dateless);
  });
});

describe("a block for an expired trial", () => {
  it.each([
    { what: "a plan that is no trial", body: { type: "v3growth" }, trial_expiration_date: null },
    { what: "a later end", body: { trial_expiration_date: later }, trial_expiration_date: later },
    { what: "no end", body: { trial_expiration_date: null }, trial_expiration_date: null },
    {
      what: "a plan with an end",
      body: { type: "v3pro", trial_expiration_date: later },
      trial_expiration_date: later,
    },
  ])("the block ends with $what", async ({ body, trial_expiration_date }) => {
    const { owner, root, account, path, own } = await startExpired();
    expect((await owner.patch(own, { title: "No" })).status).toBe(403);
    const after = { blocking_state: "unblocked", trial_expiration_date };
    expect(statusAndBody(await root.patch(path, body))).toMatchObject({ status: 200, body: after });
    expect(await getBody(root, path)).toMatchObject(after);
    expect(await getBody(owner, own)).toMatchObject(after);
    expect((await owner.patch(own, { title: "Yes" })).status).toBe(200);
    expect((await auditChangesOf(`account:${account.id}`))[1]?.changes).toMatchObject({
      blocking_state: ["trial_expired", "unblocked"],
    });
  });

  it.each([
    { trial_expiration_date: "2021-01-31" },
    { type: "v3pro", trial_expiration_date: past },
    { max_users: 5, usage_limit: 5 },
    { type: "stash-trial" },
  ])("the block does not end with %j", async (body) => {
    const { owner, root, path, own } = await startExpired();
    expect((await root.patch(path, body)).body).toMatchObject({ blocking_state: "trial_expired" });
    expect((await owner.patch(own, { title: "No" })).status).toBe(403);
  });

  it.each(["manager", "budget", "subscription_canceled", "subscription_unpaid"])(
    "a block as %s does not end with a change of plan",
    async (blocking_state) => {
      const { root, account, path } = await setUp();
      await root.patch(blockingPath(account), { blocking_state });
      for (const body of [
        { type: "v3pro" },
        { trial_expiration_date: later },
        { trial_expiration_date: null },
      ])
        expect((await root.patch(path, body)).body).toMatchObject({ blocking_state });
    },
  );
});

describe("fewer seats than members", () => {
  it("fewer seats than members remove nobody, and nobody can join until there are more", async () => {
    const { owner, root, account, path, own } = await setUp();
    const [member, invited, newcomer] = [
      await createUser(),
      await createUser(),
      await userRefOf(await createUser()),
    ];
    await addMember(account, member);
    await addMember(account, await createUser(), "AOWNER");
    await userRefOf(invited);
    const invite = await storeInvite(account, "AMEMBER", invited.email);
    const add = { add: [{ ...newcomer, role: "AMEMBER" }] };
    const here = `organization=${account.id}`;
    const entering = [
      () => owner.patch(`${own}/users`, add),
      () => owner.post(`${own}/invite`, { email: `${unique()}@example.com` }),
      () => invited.post(`/api/v1/user/invites/${invite}/accept`),
    ];
    const enteringThere = [
      () => owner.post(`/accounts/users/?${here}`, { email: `${unique()}@example.com` }),
      () => owner.post(`/accounts/invite/?${here}`, { invitee_identifier: `${unique()}@example.com` }),
    ];
    for (const max_users of [3, 2, 0]) {
      const effective = { max_users, max_kbs: 1, usage_limit: 10_000 };
      expect((await root.patch(path, { max_users })).body).toMatchObject({
        max_users,
        current_users: 3,
        effective,
      });
      for (const enter of entering)
        expect(statusAndBody(await enter())).toEqual({ status: 409, body: noSeat });
      const body = {
        non_field_errors: ["Seat limit reached. Remove a member, revoke an invitation or raise the limit."],
      };
      for (const enter of enteringThere) expect(statusAndBody(await enter())).toEqual({ status: 400, body });
      expect(await getBody(member, own)).toMatchObject({ current_users: 3, max_users });
      expect(await getBody(owner, `${own}/users`)).toHaveLength(3);
    }
    const promoted = { add: [{ ...(await userRefOf(member)), role: "AOWNER" }] };
    expect((await owner.patch(`${own}/users`, promoted)).status).toBe(204);
    await root.patch(path, { max_users: 5 });
    expect((await invited.post(`/api/v1/user/invites/${invite}/accept`)).status).toBe(200);
    expect((await owner.patch(`${own}/users`, add)).status).toBe(204);
    expect(statusAndBody(await owner.post(`${own}/invite`, { email: "late@example.com" }))).toEqual({
      status: 409,
      body: noSeat,
    });
    await root.patch(path, { type: "cowork", max_users: null });
    expect((await owner.post(`${own}/invite`, { email: "late@example.com" })).status).toBe(200);
    expect(await getBody(owner, own)).toMatchObject({ current_users: 5, max_users: null });
  });
});

describe("an operator's settings", () => {
  it("an operator's settings are visible in the accounts API", async () => {
    const { owner, root, account, path, own } = await setUp();
    const before = await getBody(owner, own);
    const upload = { upload_limit_max_media_file_size: 5, upload_limit_max_non_media_file_size: null };
    const limits = { upload, usage: null };
    const settings = { type: "v3pro", max_users: 7, max_kbs: 8, limits, trial_expiration_date: later };
    const hidden = { usage_limit: 9, usage_enforcement: "allow", idp_route: "acme" };
    await root.patch(path, { ...settings, ...hidden });
    expect(await getBody(owner, own)).toEqual({ ...before, ...settings });
    const block = { blocking_state: "budget", blocked_features: ["search", "public_search"] };
    await root.patch(blockingPath(account), block);
    expect(await getBody(owner, own)).toEqual({ ...before, ...settings, ...block });
    expect((await getBody(owner, "/api/v1/accounts"))[0]).toMatchObject({ id: account.id, type: "v3pro" });
  });

  it("the route of the identity provider replaces the slug in login URLs until it is removed", async () => {
    const { owner, root, account, path } = await setUp();
    const route = async () => {
      const { params } = (await owner.post("/accounts/login_url/", { email: owner.email })).body;
      const [, payload = ""] = new URLSearchParams(params).get("login_hint")?.split(".") ?? [];
      return JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))).organization.route;
    };
    expect(await route()).toBe(account.slug);
    await root.patch(path, { idp_route: "Acme.idp_1" });
    expect(await route()).toBe("Acme.idp_1");
    await root.patch(path, { idp_route: null });
    expect(await route()).toBe(account.slug);
  });
});
