import { describe, expect, it } from "vitest";

import { createPrivateZone, queryRow } from "../../support/database.ts";
import { addMember, createAccount, createOperator, createUser, unique } from "../../support/fixtures.ts";
import { workerWith } from "../../support/worker.ts";

const europe = "6b0c3f52-1a0e-4a57-9f6e-2d6a8f0d1e01";

describe("creating an account", () => {
  it("the response has only the id, and the caller is the only owner", async () => {
    const user = await createUser();
    const slug = unique("acme");
    const answer = await user.post("/api/v1/accounts", { slug });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    const row = await queryRow(
      "SELECT group_concat(m.role) AS roles, group_concat(u.email) AS emails FROM memberships m JOIN users u ON u.id = m.user_id JOIN accounts a ON a.id = m.account_id WHERE a.slug = ?",
      slug,
    );
    expect(row).toEqual({ roles: "AOWNER", emails: user.email });
  });

  it("the title defaults to the slug", async () => {
    const user = await createUser();
    const slug = unique("acme");
    await user.post("/api/v1/accounts", { slug });
    expect((await user.get(`/api/v1/account/${slug}`)).body).toMatchObject({ slug, title: slug });
  });

  it("title and description are stored in Unicode normal form C", async () => {
    const user = await createUser();
    const { slug } = await createAccount(user, { title: "Cafe\u0301 <b>&", description: "E\u0301\nline" });
    expect((await user.get(`/api/v1/account/${slug}`)).body).toMatchObject({
      title: "Caf\u00e9 <b>&",
      description: "\u00c9\nline",
    });
  });

  it.each([
    { name: "its slug", zone: "europe-1" },
    { name: "its id", zone: europe },
    { name: "its id in capitals", zone: europe.toUpperCase() },
    { name: "its id without hyphens", zone: europe.replaceAll("-", "") },
  ])("an account is placed in a zone named by $name", async ({ zone }) => {
    const user = await createUser();
    const { slug } = await createAccount(user, { zone });
    expect((await user.get(`/api/v1/account/${slug}`)).body).toMatchObject({ zone: "europe-1" });
  });

  it("an unknown zone is rejected, and the slug stays free", async () => {
    const user = await createUser();
    for (const zone of ["nowhere", crypto.randomUUID(), "", "Europe 1", "europe-1 "]) {
      const slug = unique("acme");
      const answer = await user.post("/api/v1/accounts", { slug, zone });
      expect(answer.status).toBe(422);
      expect(answer.body.detail).toMatchObject([{ type: "value_error", loc: ["body", "zone"], input: zone }]);
      expect((await user.get(`/api/v1/account/${slug}/status`)).body).toEqual({ available: true });
    }
  });

  it("only operators may use a private zone, which looks unknown to others", async () => {
    const zone = await createPrivateZone();
    const user = await createUser();
    for (const name of [zone.slug, zone.id]) {
      const hidden = await user.post("/api/v1/accounts", { slug: unique("acme"), zone: name });
      const missing = await user.post("/api/v1/accounts", { slug: unique("acme"), zone: unique("none") });
      expect(hidden.status).toBe(422);
      const withoutInput = (detail: object[]) => detail.map((issue) => ({ ...issue, input: "" }));
      expect(withoutInput(hidden.body.detail)).toEqual(withoutInput(missing.body.detail));
    }
    const root = await createOperator();
    const account = await createAccount(root, { zone: zone.slug });
    expect((await root.get(`/api/v1/account/${account.id}`)).body).toMatchObject({ zone: zone.slug });
  });

  it("the zone of an account never changes", async () => {
    const owner = await createUser();
    const { slug } = await createAccount(owner, { zone: "us-1" });
    for (const caller of [owner, await createOperator()]) {
      expect((await caller.patch(`/api/v1/account/${slug}`, { zone: "europe-1" })).status).toBe(200);
      expect((await caller.patch(`/api/v1/account/${slug}`, { zone: null })).status).toBe(200);
    }
    expect((await owner.get(`/api/v1/account/${slug}`)).body).toMatchObject({ zone: "us-1" });
  });
});

describe("DEFAULT_PLAN", () => {
  it.each([
    { plan: "v3growth", users: 50, boxes: 20 },
    { plan: "cowork", users: null, boxes: null },
  ])("DEFAULT_PLAN $plan is the plan of new accounts, without a trial", async ({ plan, users, boxes }) => {
    const user = (await createUser()).via(workerWith({ DEFAULT_PLAN: plan }));
    const { slug } = await createAccount(user);
    expect((await user.get(`/api/v1/account/${slug}`)).body).toMatchObject({
      type: plan,
      max_users: users,
      max_kbs: boxes,
      trial_expiration_date: null,
    });
  });
});

describe("MAX_OWNED_ACCOUNTS", () => {
  it("twenty simultaneous creations keep the limit, and the rest are refused", async () => {
    const user = (await createUser()).via(workerWith({ MAX_OWNED_ACCOUNTS: "3" }));
    expect((await user.get("/api/v1/user/welcome")).body).toMatchObject({ create: true });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => user.post("/api/v1/accounts", { slug: unique("acme") })),
    );
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused).toHaveLength(17);
    for (const answer of refused) {
      expect(answer.status).toBe(403);
      expect(answer.body).toEqual({
        detail: "Account limit reached. Delete an account that you own or leave it.",
      });
    }
    expect((await user.get("/api/v1/accounts")).body).toHaveLength(3);
    expect((await user.get("/api/v1/user/welcome")).body).toMatchObject({ create: false });
  });

  it("the limit counts owned accounts only, and a deletion makes room", async () => {
    const user = (await createUser()).via(workerWith({ MAX_OWNED_ACCOUNTS: "1" }));
    await addMember(await createAccount(await createUser()), user);
    const own = await createAccount(user);
    expect((await user.post("/api/v1/accounts", { slug: unique("acme") })).status).toBe(403);
    expect((await user.delete(`/api/v1/account/${own.slug}`)).status).toBe(204);
    expect((await user.post("/api/v1/accounts", { slug: unique("acme") })).status).toBe(201);
  });

  it("a limit of 0 lets nobody create accounts", async () => {
    const user = (await createUser()).via(workerWith({ MAX_OWNED_ACCOUNTS: "0" }));
    expect((await user.post("/api/v1/accounts", { slug: unique("acme") })).status).toBe(403);
    expect((await user.get("/api/v1/user/welcome")).body).toMatchObject({ create: false });
  });
});

describe("deleting an account", () => {
  it("deletion answers 204 without a body and removes every trace", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const member = await createUser();
    await addMember(account, member);
    const answer = await owner.delete(`/api/v1/account/${account.slug}`);
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect(answer.headers.get("Content-Type")).toBeNull();
    for (const caller of [owner, member]) {
      expect((await caller.get(`/api/v1/account/${account.slug}`)).status).toBe(403);
      expect((await caller.get(`/api/v1/account/${account.id}`)).status).toBe(403);
      expect((await caller.get("/api/v1/accounts")).body).toEqual([]);
    }
    expect((await owner.delete(`/api/v1/account/${account.slug}`)).status).toBe(403);
    expect((await (await createOperator()).get(`/api/v1/account/${account.id}`)).status).toBe(404);
    expect((await owner.get(`/api/v1/account/${account.slug}/status`)).body).toEqual({ available: true });
  });

  it("deletion frees the slug and leaves other accounts alone", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const other = await createAccount(owner);
    await owner.delete(`/api/v1/account/${account.slug}`);
    const heir = await createUser();
    const made = await heir.post("/api/v1/accounts", { slug: account.slug });
    expect(made.status).toBe(201);
    expect(made.body.id).not.toBe(account.id);
    expect((await owner.get(`/api/v1/account/${account.slug}`)).status).toBe(403);
    expect((await owner.get(`/api/v1/account/${other.slug}`)).status).toBe(200);
  });

  it("the last owner may delete the account", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const second = await createUser();
    await addMember(account, second, "AOWNER");
    expect((await second.delete(`/api/v1/account/${account.id}`)).status).toBe(204);
    expect((await owner.get("/api/v1/accounts")).body).toEqual([]);
  });
});
