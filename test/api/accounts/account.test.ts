import { describe, expect, it } from "vitest";

import { certificate } from "../../support/certificates.ts";
import { setAccount } from "../../support/database.ts";
import {
  addMember,
  addToGroup,
  type Caller,
  createAccount,
  createOperator,
  createUser,
  unique,
} from "../../support/fixtures.ts";

const isoMoment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const day = 24 * 60 * 60 * 1000;

it("a new account has every field with its default", async () => {
  const owner = await createUser();
  const before = Date.now();
  const { id, slug, title } = await createAccount(owner);
  const after = Date.now();
  const answer = await owner.get(`/api/v1/account/${slug}`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("Content-Type")).toBe("application/json");
  expect(answer.body).toEqual({
    id,
    slug,
    title,
    type: "stash-trial",
    description: null,
    can_manage_account: true,
    current_users: 1,
    max_users: 10,
    current_kbs: 0,
    max_kbs: 1,
    blocking_state: "unblocked",
    blocked_features: [],
    limits: { upload: null, usage: null },
    creation_date: expect.stringMatching(isoMoment),
    trial_expiration_date: expect.stringMatching(isoMoment),
    domain: null,
    saml_entity_id: null,
    saml_sso_url: null,
    saml_x509_cert: null,
    zone: null,
    zone_visibility: "DEFAULT",
  });
  const created = Date.parse(answer.body.creation_date);
  expect(created).toBeGreaterThanOrEqual(before);
  expect(created).toBeLessThanOrEqual(after);
  expect(Date.parse(answer.body.trial_expiration_date) - created).toBe(14 * day);
});

it("an account is found by its slug in any case and its id in any spelling", async () => {
  const owner = await createUser();
  const { id, slug } = await createAccount(owner);
  const names = [slug, slug.toUpperCase(), id, id.toUpperCase(), id.replaceAll("-", "")];
  for (const name of names) {
    const answer = await owner.get(`/api/v1/account/${name}`);
    expect([name, answer.status, answer.body.id]).toEqual([name, 200, id]);
    expect((await owner.get(`/api/v1/account/${name}/zones`)).status).toBe(200);
    expect((await owner.patch(`/api/v1/account/${name}`, {})).status).toBe(200);
  }
  expect((await owner.delete(`/api/v1/account/${id.toUpperCase()}`)).status).toBe(204);
});

it("an account is found by any slug that it may have", async () => {
  const owner = await createUser();
  const hex = crypto.randomUUID().replaceAll("-", "");
  const slugs = [
    `${hex.slice(0, 5)}-${hex.slice(5)}`,
    hex.split("").join("-"),
    `-${hex}`,
    `${hex}_`,
    `uuid-${hex}`,
    `${hex}0`,
    `-${unique()}`,
    `_${unique("-")}_-`,
    `0${unique("1")}`,
  ];
  for (const slug of slugs) {
    const made = await owner.post("/api/v1/accounts", { slug });
    if (made.status === 422) continue;
    expect([slug, made.status]).toEqual([slug, 201]);
    const found = await owner.get(`/api/v1/account/${slug}`);
    expect([slug, found.status, found.body.id]).toEqual([slug, 200, made.body.id]);
  }
});

it.each([
  { type: "stash-trial", users: 10, boxes: 1 },
  { type: "v3starter", users: 10, boxes: 5 },
  { type: "v3fly", users: 10, boxes: 5 },
  { type: "v3growth", users: 50, boxes: 20 },
  { type: "v3pro", users: 50, boxes: 20 },
  { type: "v3enterprise", users: null, boxes: null },
  { type: "cowork", users: null, boxes: null },
])("plan $type allows $users users and $boxes knowledge boxes", async ({ type, users, boxes }) => {
  const owner = await createUser();
  const account = await createAccount(owner);
  await setAccount(account, { type });
  const answer = await owner.get(`/api/v1/account/${account.slug}`);
  expect(answer.body).toMatchObject({ type, max_users: users, max_kbs: boxes });
});

it("an operator's overrides take precedence over the plan", async () => {
  const owner = await createUser();
  const account = await createAccount(owner);
  const usage = Object.fromEntries(usageLimits.map((name, at) => [name, at === 0 ? null : at]));
  const upload = {
    upload_limit_max_media_file_size: 5,
    upload_limit_max_non_media_file_size: null,
  };
  await setAccount(account, {
    max_users: 0,
    max_kbs: 7,
    limits: JSON.stringify({ upload, usage }),
    blocked_features: JSON.stringify(["upload", "public_generative"]),
    blocking_state: "budget",
    trial_expires_at: null,
    current_kbs: 3,
  });
  const answer = await owner.get(`/api/v1/account/${account.slug}`);
  expect(answer.body).toMatchObject({
    max_users: 0,
    max_kbs: 7,
    limits: { upload, usage },
    blocked_features: ["upload", "public_generative"],
    blocking_state: "budget",
    trial_expiration_date: null,
    current_kbs: 3,
  });
});

const usageLimits = [
  "monthly_limit_paragraphs_processed",
  "monthly_limit_docs_no_media_processed",
  "monthly_limit_media_seconds_processed",
  "monthly_limit_paragraphs_stored",
  "monthly_limit_hosted_searches_performed",
  "monthly_limit_hosted_answers_generated",
  "monthly_limit_self_hosted_searches_performed",
  "monthly_limit_self_hosted_answers_generated",
  "storage_limit_max_bytes_per_kb",
  "storage_limit_max_resources_per_kb",
];

describe("visible fields", () => {
  const saml = {
    domain: "acme.example",
    sso_url: "https://idp.acme.example/sso",
    entity_id: "urn:acme",
    x509_cert: certificate,
  };
  const shown = {
    domain: saml.domain,
    saml_entity_id: saml.entity_id,
    saml_sso_url: saml.sso_url,
    saml_x509_cert: saml.x509_cert,
  };
  const hidden = { domain: null, saml_entity_id: null, saml_sso_url: null, saml_x509_cert: null };

  it.each([
    { kind: "owner", manages: true, fields: shown },
    { kind: "member", manages: false, fields: hidden },
    { kind: "administrator", manages: true, fields: shown },
    { kind: "metering", manages: false, fields: hidden },
    { kind: "support", manages: false, fields: shown },
    { kind: "operator", manages: true, fields: shown },
  ] as const)("the visible fields depend on the reader: $kind [R9]", async ({ kind, manages, fields }) => {
    const owner = await createUser();
    const account = await createAccount(owner);
    expect((await owner.patch(`/api/v1/account/${account.slug}`, { saml })).status).toBe(200);
    let reader: Caller = owner;
    if (kind === "operator") reader = await createOperator();
    else if (kind !== "owner") reader = await createUser();
    if (kind === "member") await addMember(account, reader);
    if (kind === "administrator") await addToGroup(reader, 1);
    if (kind === "metering") await addToGroup(reader, 2);
    if (kind === "support") await addToGroup(reader, 3);
    const answer = await reader.get(`/api/v1/account/${account.slug}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      id: account.id,
      can_manage_account: manages,
      current_users: kind === "member" ? 2 : 1,
      ...fields,
    });
  });

  it("a member in the Support group sees what the group grants", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    await owner.patch(`/api/v1/account/${account.slug}`, { saml });
    const member = await createUser();
    await addMember(account, member);
    await addToGroup(member, 3);
    const answer = await member.get(`/api/v1/account/${account.slug}`);
    expect(answer.body).toMatchObject({ can_manage_account: false, ...shown });
  });
});

describe("the list of accounts", () => {
  it("the list is empty for a new user", async () => {
    const answer = await (await createUser()).get("/api/v1/accounts");
    expect([answer.status, answer.body]).toEqual([200, []]);
  });

  it("the list holds exactly the caller's accounts with the published fields", async () => {
    const user = await createUser();
    const other = await createUser();
    const mine = await createAccount(user, { title: "Same title" });
    const foreign = await createAccount(other, { title: "Same title" });
    const shared = await createAccount(other, { title: "Shared" });
    await addMember(shared, user);
    const listed = ({ id, slug }: { id: string; slug: string }, title: string) => ({
      id,
      slug,
      title,
      type: "stash-trial",
      zone_visibility: "DEFAULT",
    });
    const answer = await user.get("/api/v1/accounts");
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual([listed(mine, "Same title"), listed(shared, "Shared")]);
    expect((await other.get("/api/v1/accounts")).body).toEqual([
      listed(foreign, "Same title"),
      listed(shared, "Shared"),
    ]);
  });

  it("operators and group members also see only their own accounts", async () => {
    await createAccount(await createUser());
    const administrator = await createUser();
    await addToGroup(administrator, 1);
    expect((await administrator.get("/api/v1/accounts")).body).toEqual([]);
    const root = await createUser({ sub: unique("root"), email: "root@example.com" });
    const own = await createAccount(root);
    const listed = (await root.get("/api/v1/accounts")).body;
    expect(listed).toMatchObject([{ id: own.id }]);
  });
});
