import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

import {
  type ApiResponse,
  type Caller,
  createAccount,
  createUser,
  type TestAccount,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import {
  createAccountWithMember,
  createKnownUser,
  expectCreated,
  noOrganization,
  onlyPage,
  organizationBody,
  organizationPath,
  organizationsPath,
  required,
  slugTaken,
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

describe("simultaneous changes", () => {
  it("fifty simultaneous creations with one slug create one organization [R54]", async () => {
    const callers = await Promise.all(Array.from({ length: 5 }, () => createKnownUser()));
    const slug = unique("race");
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) => {
        const caller = callers[at % callers.length] as Caller;
        return caller.post(organizationsPath, {
          name: `Racer ${at}`,
          slug: at % 2 === 0 ? slug : slug.toUpperCase(),
        });
      }),
    );
    expect(statuses(answers)).toEqual([201, ...Array.from({ length: 49 }, () => 400)]);
    for (const answer of answers) if (answer.status === 400) expect(answer.body).toEqual(slugTaken);
    const made = answers.find(({ status }) => status === 201);
    const lists = await Promise.all(callers.map((caller) => caller.get(organizationsPath)));
    expect(lists.flatMap(({ body }) => body.results)).toEqual([made?.body]);
  });

  it("one of ten simultaneous renames to one slug succeeds, and the others keep their slugs", async () => {
    const owner = await createKnownUser();
    const accounts = await Promise.all(Array.from({ length: 10 }, () => createAccount(owner)));
    const slug = unique("race");
    const answers = await Promise.all(
      accounts.map((account) => owner.patch(organizationPath(account), { slug })),
    );
    expect(statuses(answers)).toEqual([200, ...Array.from({ length: 9 }, () => 400)]);
    for (const [at, answer] of answers.entries()) {
      const account = accounts[at] as TestAccount;
      const won = answer.status === 200;
      expect(answer.body).toEqual(won ? organizationBody({ ...account, slug }) : slugTaken);
      expect(statusAndBody(await owner.get(organizationPath(account)))).toEqual({
        status: 200,
        body: organizationBody(won ? { ...account, slug } : account),
      });
    }
  });

  it("of a simultaneous creation and rename to one slug one succeeds", async () => {
    const owner = await createKnownUser();
    const account = await createAccount(owner);
    const slug = unique("race");
    const [made, renamed] = await Promise.all([
      owner.post(organizationsPath, { name: "New", slug }),
      owner.patch(organizationPath(account), { slug }),
    ]);
    expect([
      [201, 400],
      [400, 200],
    ]).toContainEqual([made.status, renamed.status]);
    expect(made.status === 400 ? made.body : renamed.body).toEqual(slugTaken);
  });

  it("ten simultaneous deletions delete once", async () => {
    const { owner, account } = await createAccountWithMember();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => owner.delete(organizationPath(account))),
    );
    expect(statuses(answers)).toEqual([204, ...Array.from({ length: 9 }, () => 404)]);
    for (const answer of answers) if (answer.status === 404) expect(answer.body).toEqual(noOrganization);
    expect(statusAndBody(await owner.get(organizationsPath))).toEqual({ status: 200, body: onlyPage() });
  });

  it("simultaneous changes of name and slug are both kept", async () => {
    const owner = await createKnownUser();
    const account = await createAccount(owner);
    const slug = unique("race");
    const answers = await Promise.all([
      owner.patch(organizationPath(account), { name: "New" }),
      owner.patch(organizationPath(account), { slug }),
    ]);
    expect(statuses(answers)).toEqual([200, 200]);
    expect(statusAndBody(await owner.get(organizationPath(account)))).toEqual({
      status: 200,
      body: organizationBody({ ...account, title: "New", slug }),
    });
  });

  it("a simultaneous change and deletion leave nothing half done", async () => {
    const { owner, account } = await createAccountWithMember();
    const [changed, deleted] = await Promise.all([
      owner.patch(organizationPath(account), { name: "New" }),
      owner.delete(organizationPath(account)),
    ]);
    expect(deleted.status).toBe(204);
    expect([200, 404]).toContain(changed.status);
    expect(statusAndBody(await owner.get(organizationPath(account)))).toEqual({
      status: 404,
      body: noOrganization,
    });
  });
});

function statuses(answers: readonly ApiResponse[]): number[] {
  return answers.map(({ status }) => status).toSorted((left, right) => left - right);
}
