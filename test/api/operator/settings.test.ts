/** An account's settings, field by field. */
import { describe, expect, it } from "vitest";

import { uploadLimits, usageLimits } from "../../../src/domain/plan.ts";
import { unique, statusAndBody } from "../../support/fixtures.ts";
import {
  accountChanges,
  auditChangesOf,
  getBody,
  newAccountBody,
  setUp,
  userRefOf,
} from "../../support/operator.ts";

const most = Number.MAX_SAFE_INTEGER;
const none = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, null]));
const noUpload = none(uploadLimits);
const noUsage = none(usageLimits);
const upload = { upload_limit_max_media_file_size: 0, upload_limit_max_non_media_file_size: most };
const usage = Object.fromEntries(usageLimits.map((name, at) => [name, at]));

describe("a setting of an account", () => {
  it.each([
    {
      body: { max_users: 3 },
      alsoChanged: { effective: { max_users: 3, max_kbs: 1, usage_limit: 10_000 } },
      changes: { max_users: [null, 3] },
    },
    {
      body: { max_users: 0 },
      alsoChanged: { effective: { max_users: 0, max_kbs: 1, usage_limit: 10_000 } },
      changes: { max_users: [null, 0] },
    },
    {
      body: { max_kbs: most },
      alsoChanged: { effective: { max_users: 10, max_kbs: most, usage_limit: 10_000 } },
      changes: { max_kbs: [null, most] },
    },
    {
      body: { usage_limit: 0 },
      alsoChanged: { effective: { max_users: 10, max_kbs: 1, usage_limit: 0 } },
      changes: { usage_limit: [null, 0] },
    },
    {
      body: { usage_enforcement: "allow" },
      alsoChanged: {},
      changes: { usage_enforcement: ["refuse", "allow"] },
    },
    { body: { idp_route: "Acme.idp_1-x" }, alsoChanged: {}, changes: { idp_route: [null, "Acme.idp_1-x"] } },
    {
      body: { limits: { upload, usage: null } },
      alsoChanged: {},
      changes: { limits: [null, { upload, usage: null }] },
    },
    {
      body: { limits: { upload: null, usage } },
      alsoChanged: {},
      changes: { limits: [null, { upload: null, usage }] },
    },
    { body: { limits: { upload, usage } }, alsoChanged: {}, changes: { limits: [null, { upload, usage }] } },
  ])("a single setting is changed: $body", async ({ body, alsoChanged, changes }) => {
    const { owner, root, account, path } = await setUp();
    const before = await getBody(root, path);
    const answer = await root.patch(path, body);
    expect(statusAndBody(answer)).toEqual({ status: 200, body: { ...before, ...body, ...alsoChanged } });
    const after = await root.get(path);
    expect(after.body).toEqual(answer.body);
    expect(after.headers.get("ETag")).toBe(answer.headers.get("ETag"));
    expect(await accountChanges(account)).toEqual([changes]);
    expect((await owner.get(`/api/v1/account/${account.id}`)).status).toBe(200);
  });

  it.each([
    { trial_expiration_date: "2200-01-31T13:00:00Z", end: "2200-01-31T13:00:00.000Z" },
    { trial_expiration_date: "2200-01-31T13:00:00.25+02:00", end: "2200-01-31T11:00:00.250Z" },
    { trial_expiration_date: "2200-01-31T13:00:00", end: "2200-01-31T13:00:00.000Z" },
    { trial_expiration_date: "2200-01-31", end: "2200-01-31T00:00:00.000Z" },
    { trial_expiration_date: 7_260_757_200, end: "2200-01-31T13:00:00.000Z" },
    { trial_expiration_date: "1999-12-31", end: "1999-12-31T00:00:00.000Z" },
    { trial_expiration_date: null, end: null },
  ])(
    "a single setting is changed: the trial ends at $trial_expiration_date",
    async ({ trial_expiration_date, end }) => {
      const { root, account, path } = await setUp();
      const before = await getBody(root, path);
      const answer = await root.patch(path, { trial_expiration_date });
      expect(statusAndBody(answer)).toEqual({ status: 200, body: { ...before, trial_expiration_date: end } });
      expect(await getBody(root, path)).toEqual(answer.body);
      const moment = (text: string | null) => (text === null ? null : Date.parse(text));
      expect(await accountChanges(account)).toEqual([
        { trial_expires_at: [moment(before.trial_expiration_date), moment(end)] },
      ]);
    },
  );

  it("all settings together are one change by the operator", async () => {
    const { root, account, path } = await setUp();
    const before = await getBody(root, path);
    const body = {
      type: "v3pro",
      max_users: 7,
      max_kbs: 8,
      limits: { upload, usage },
      usage_limit: 9,
      usage_enforcement: "allow",
      trial_expiration_date: "2200-01-31T13:00:00.000Z",
      idp_route: "acme",
    };
    const effective = { max_users: 7, max_kbs: 8, usage_limit: 9 };
    const expected = { ...newAccountBody(account), ...body, effective };
    expect(statusAndBody(await root.patch(path, body))).toEqual({ status: 200, body: expected });
    expect(await getBody(root, path)).toEqual(expected);
    const { trial_expiration_date: trial, ...rest } = body;
    const unset = { ...before, limits: null };
    const changes = {
      ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, [unset[name], value]])),
      trial_expires_at: [Date.parse(before.trial_expiration_date), Date.parse(trial)],
    };
    const { id: actor } = await userRefOf(root);
    expect((await auditChangesOf(`account:${account.id}`)).slice(1)).toEqual([
      { actor, action: "account.updated", changes },
    ]);
  });

  it("a setting of null restores the plan's value or removes the value", async () => {
    const { root, account, path } = await setUp();
    const own = { max_users: 1, max_kbs: 2, usage_limit: 3, limits: { upload, usage }, idp_route: "acme" };
    await root.patch(path, own);
    const nothing = { max_users: null, max_kbs: null, usage_limit: null, limits: null, idp_route: null };
    const answer = await root.patch(path, { ...nothing, trial_expiration_date: null });
    expect(statusAndBody(answer)).toEqual({
      status: 200,
      body: { ...newAccountBody(account), trial_expiration_date: null },
    });
    expect((await accountChanges(account)).at(-1)).toMatchObject(
      Object.fromEntries(Object.entries(own).map(([name, value]) => [name, [value, null]])),
    );
  });

  it("a setting with its current value is not a change", async () => {
    const { root, account, path } = await setUp();
    const set = {
      max_users: 1,
      usage_limit: 3,
      limits: { upload, usage: noUsage },
      idp_route: "acme",
      type: "v3fly",
    };
    const answer = await root.patch(path, set);
    const { trial_expiration_date, usage_enforcement } = answer.body;
    for (const body of [
      {},
      set,
      { ...set, trial_expiration_date, usage_enforcement },
      { limits: {} },
      { max_kbs: null },
    ]) {
      const again = await root.patch(path, body);
      expect(statusAndBody(again)).toEqual(statusAndBody(answer));
      expect(again.headers.get("ETag")).toBe(answer.headers.get("ETag"));
    }
    expect(await accountChanges(account)).toHaveLength(1);
  });

  it("read-only and unknown fields are ignored [R7]", async () => {
    const { root, account, path } = await setUp();
    const before = await getBody(root, path);
    const shape = { id: crypto.randomUUID(), slug: unique("no"), title: "No", description: "No", email: "x" };
    const placed = { zone: "us-1", creation_date: "2000-01-01", effective: { max_users: 5 }, version: 5 };
    const counted = { current_users: 0, current_kbs: 5, current_usage: 5, memberCount: 5, maxUsers: 5 };
    const blocked = { blocking_state: "manager", blocked_features: ["search"], blockingState: "manager" };
    const body = {
      ...shape,
      ...placed,
      ...counted,
      ...blocked,
      domain: "no",
      saml_entity_id: "no",
      more: {},
    };
    expect(statusAndBody(await root.patch(path, body))).toEqual({ status: 200, body: before });
    expect(await accountChanges(account)).toEqual([]);
  });
});

describe("limits", () => {
  it("limits are replaced group by group: a missing group is unchanged, a missing key of a group is removed", async () => {
    const { root, path } = await setUp();
    const set = async (limits: unknown) => (await root.patch(path, { limits })).body.limits;
    const some = { monthly_limit_paragraphs_processed: 5 };
    const media = { upload_limit_max_media_file_size: 6, unknown: 7 };
    expect(await set({ usage: some, unknown: {} })).toEqual({ upload: null, usage: { ...noUsage, ...some } });
    const after = {
      upload: { ...noUpload, upload_limit_max_media_file_size: 6 },
      usage: { ...noUsage, ...some },
    };
    expect(await set({ upload: media })).toEqual(after);
    expect(await set({})).toEqual(after);
    expect(await set({ usage: { storage_limit_max_bytes_per_kb: 0 } })).toEqual({
      ...after,
      usage: { ...noUsage, storage_limit_max_bytes_per_kb: 0 },
    });
    expect(await set({ usage: null })).toEqual({ ...after, usage: null });
    expect(await set({ upload: {} })).toEqual({ upload: noUpload, usage: null });
    expect(await set({ upload: null })).toEqual({ upload: null, usage: null });
  });
});
