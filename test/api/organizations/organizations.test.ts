import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

import {
  createAccount,
  createUser,
  type TestAccount,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import {
  createAccountWithMember,
  expectCreated,
  noOrganization,
  onlyPage,
  organizationBody,
  organizationPath,
  organizationsPath,
  required,
} from "../../support/organizations.ts";

describe("a created organization", () => {
  it("the creator may read, change and delete the organization", async () => {
    const owner = await createUser();
    const slug = unique();
    const made = await owner.post(organizationsPath, { name: "Acme", slug });
    expectCreated(made, "Acme", slug);
    const account = { id: made.body.uuid, slug, title: "Acme" };
    expect(statusAndBody(await owner.get(organizationsPath))).toEqual({
      status: 200,
      body: onlyPage(account),
    });
    expect(statusAndBody(await owner.get(organizationPath(account)))).toEqual({
      status: 200,
      body: made.body,
    });
    const rows = await env.DB.prepare(
      "SELECT m.role FROM memberships m JOIN accounts a ON a.id = m.account_id WHERE a.uuid = ?",
    )
      .bind(account.id)
      .all();
    expect(rows.results).toEqual([{ role: "AOWNER" }]);
    expect((await owner.patch(organizationPath(account), { name: "New" })).status).toBe(200);
    expect((await owner.delete(organizationPath(account))).status).toBe(204);
  });

  it("nobody else may see the organization", async () => {
    const account = await createAccount(await createUser());
    expect(statusAndBody(await (await createUser()).get(organizationPath(account)))).toEqual({
      status: 404,
      body: noOrganization,
    });
  });
});

describe("PUT", () => {
  it("PUT replaces name and slug", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const changed = { ...account, title: "New", slug: unique() };
    expect(
      statusAndBody(await owner.put(organizationPath(account), { name: changed.title, slug: changed.slug })),
    ).toEqual({
      status: 200,
      body: organizationBody(changed),
    });
    expect(statusAndBody(await owner.get(organizationPath(account)))).toEqual({
      status: 200,
      body: organizationBody(changed),
    });
  });

  it("PUT needs name and slug", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    expect(statusAndBody(await owner.put(organizationPath(account), { name: "New" }))).toEqual({
      status: 400,
      body: { slug: [required] },
    });
    expect(statusAndBody(await owner.put(organizationPath(account), { slug: unique() }))).toEqual({
      status: 400,
      body: { name: [required] },
    });
    expect(statusAndBody(await owner.get(organizationPath(account)))).toEqual({
      status: 200,
      body: organizationBody(account),
    });
  });

  it("PUT with the same values changes nothing", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const same = { name: account.title, slug: account.slug.toUpperCase() };
    expect(statusAndBody(await owner.put(organizationPath(account), same))).toEqual({
      status: 200,
      body: organizationBody(account),
    });
  });
});

describe("PATCH", () => {
  it("PATCH changes only the given fields", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const renamed = { ...account, title: "New" };
    expect(statusAndBody(await owner.patch(organizationPath(account), { name: "New" }))).toEqual({
      status: 200,
      body: organizationBody(renamed),
    });
    const moved = { ...renamed, slug: unique() };
    expect(statusAndBody(await owner.patch(organizationPath(account), { slug: moved.slug }))).toEqual({
      status: 200,
      body: organizationBody(moved),
    });
    expect(statusAndBody(await owner.patch(organizationPath(account), {}))).toEqual({
      status: 200,
      body: organizationBody(moved),
    });
    expect(statusAndBody(await owner.get(organizationPath(account)))).toEqual({
      status: 200,
      body: organizationBody(moved),
    });
  });

  it("PATCH with the own slug in another case keeps it", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const answer = await owner.patch(organizationPath(account), { slug: account.slug.toUpperCase() });
    expect(statusAndBody(answer)).toEqual({ status: 200, body: organizationBody(account) });
  });

  it("a changed slug becomes available", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    await owner.patch(organizationPath(account), { slug: unique() });
    expectCreated(
      await (await createUser()).post(organizationsPath, { name: "Heir", slug: account.slug }),
      "Heir",
      account.slug,
    );
  });
});

describe("DELETE", () => {
  it("DELETE removes everything and frees the slug", async () => {
    const { owner, account, member } = await createAccountWithMember();
    const gone = await owner.delete(organizationPath(account));
    expect({ status: gone.status, text: gone.text }).toEqual({ status: 204, text: "" });
    for (const caller of [owner, member]) {
      expect(statusAndBody(await caller.get(organizationPath(account)))).toEqual({
        status: 404,
        body: noOrganization,
      });
      expect(statusAndBody(await caller.get(organizationsPath))).toEqual({ status: 200, body: onlyPage() });
    }
    expect(statusAndBody(await owner.delete(organizationPath(account)))).toEqual({
      status: 404,
      body: noOrganization,
    });
    expectCreated(
      await member.post(organizationsPath, { name: "Heir", slug: account.slug }),
      "Heir",
      account.slug,
    );
  });
});

describe("the list of organizations", () => {
  it("the list is ordered by name ignoring case, then by age", async () => {
    const owner = await createUser();
    const accounts: TestAccount[] = [];
    for (const title of ["beta", "Alpha", "\u00e9clair", "alpha", "Beta", "ALPHA", "10", "9", "_"]) {
      accounts.push(await createAccount(owner, { title }));
    }
    const answer = await owner.get(organizationsPath);
    expect(answer.body.results.map(({ name }: { name: string }) => name)).toEqual([
      "10",
      "9",
      "_",
      "Alpha",
      "alpha",
      "ALPHA",
      "beta",
      "Beta",
      "\u00e9clair",
    ]);
  });

  it("a renamed organization moves in the list", async () => {
    const owner = await createUser();
    const [a, b] = [await createAccount(owner, { title: "a" }), await createAccount(owner, { title: "b" })];
    await owner.patch(organizationPath(a), { name: "c" });
    expect(statusAndBody(await owner.get(organizationsPath))).toEqual({
      status: 200,
      body: onlyPage(b, { ...a, title: "c" }),
    });
  });
});
