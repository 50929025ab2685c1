import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

import { makeAccount, someone, unique, type Answer, type Caller, type MadeAccount } from "../world.ts";
import {
  answered,
  expectMade,
  list,
  makeAccountWithMember,
  missing,
  one,
  onlyPage,
  required,
  shown,
  slugTaken,
  someoneKnown,
} from "./requests.ts";

describe("an organization that is made", () => {
  it("belongs to the caller, who may read, change and delete it", async () => {
    const owner = await someone();
    const slug = unique();
    const made = await owner.post(list, { name: "Acme", slug });
    expectMade(made, "Acme", slug);
    const account = { id: made.body.uuid, slug, title: "Acme" };
    expect(answered(await owner.get(list))).toEqual({ status: 200, body: onlyPage(account) });
    expect(answered(await owner.get(one(account)))).toEqual({ status: 200, body: made.body });
    const rows = await env.DB.prepare(
      "SELECT m.role FROM memberships m JOIN accounts a ON a.id = m.account_id WHERE a.uuid = ?",
    )
      .bind(account.id)
      .all();
    expect(rows.results).toEqual([{ role: "AOWNER" }]);
    expect((await owner.patch(one(account), { name: "New" })).status).toBe(200);
    expect((await owner.delete(one(account))).status).toBe(204);
  });

  it("is nobody else's", async () => {
    const account = await makeAccount(await someone());
    expect(answered(await (await someone()).get(one(account)))).toEqual({ status: 404, body: missing });
  });
});

describe("PUT", () => {
  it("replaces name and slug", async () => {
    const owner = await someone();
    const account = await makeAccount(owner);
    const changed = { ...account, title: "New", slug: unique() };
    expect(answered(await owner.put(one(account), { name: changed.title, slug: changed.slug }))).toEqual({
      status: 200,
      body: shown(changed),
    });
    expect(answered(await owner.get(one(account)))).toEqual({ status: 200, body: shown(changed) });
  });

  it("needs both", async () => {
    const owner = await someone();
    const account = await makeAccount(owner);
    expect(answered(await owner.put(one(account), { name: "New" }))).toEqual({
      status: 400,
      body: { slug: [required] },
    });
    expect(answered(await owner.put(one(account), { slug: unique() }))).toEqual({
      status: 400,
      body: { name: [required] },
    });
    expect(answered(await owner.get(one(account)))).toEqual({ status: 200, body: shown(account) });
  });

  it("with what is there already changes nothing", async () => {
    const owner = await someone();
    const account = await makeAccount(owner);
    const same = { name: account.title, slug: account.slug.toUpperCase() };
    expect(answered(await owner.put(one(account), same))).toEqual({ status: 200, body: shown(account) });
  });
});

describe("PATCH", () => {
  it("changes what it names", async () => {
    const owner = await someone();
    const account = await makeAccount(owner);
    const renamed = { ...account, title: "New" };
    expect(answered(await owner.patch(one(account), { name: "New" }))).toEqual({
      status: 200,
      body: shown(renamed),
    });
    const moved = { ...renamed, slug: unique() };
    expect(answered(await owner.patch(one(account), { slug: moved.slug }))).toEqual({
      status: 200,
      body: shown(moved),
    });
    expect(answered(await owner.patch(one(account), {}))).toEqual({ status: 200, body: shown(moved) });
    expect(answered(await owner.get(one(account)))).toEqual({ status: 200, body: shown(moved) });
  });

  it("to one's own slug in another case keeps it", async () => {
    const owner = await someone();
    const account = await makeAccount(owner);
    const answer = await owner.patch(one(account), { slug: account.slug.toUpperCase() });
    expect(answered(answer)).toEqual({ status: 200, body: shown(account) });
  });

  it("that leaves a slug frees it", async () => {
    const owner = await someone();
    const account = await makeAccount(owner);
    await owner.patch(one(account), { slug: unique() });
    expectMade(
      await (await someone()).post(list, { name: "Heir", slug: account.slug }),
      "Heir",
      account.slug,
    );
  });
});

describe("DELETE", () => {
  it("leaves nothing, and its slug is free again", async () => {
    const { owner, account, member } = await makeAccountWithMember();
    const gone = await owner.delete(one(account));
    expect({ status: gone.status, text: gone.text }).toEqual({ status: 204, text: "" });
    for (const caller of [owner, member]) {
      expect(answered(await caller.get(one(account)))).toEqual({ status: 404, body: missing });
      expect(answered(await caller.get(list))).toEqual({ status: 200, body: onlyPage() });
    }
    expect(answered(await owner.delete(one(account)))).toEqual({ status: 404, body: missing });
    expectMade(await member.post(list, { name: "Heir", slug: account.slug }), "Heir", account.slug);
  });
});

describe("the list", () => {
  it("goes by name, whatever the case, then by age", async () => {
    const owner = await someone();
    const accounts: MadeAccount[] = [];
    for (const title of ["beta", "Alpha", "\u00e9clair", "alpha", "Beta", "ALPHA", "10", "9", "_"]) {
      accounts.push(await makeAccount(owner, { title }));
    }
    const answer = await owner.get(list);
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

  it("follows a rename", async () => {
    const owner = await someone();
    const [a, b] = [await makeAccount(owner, { title: "a" }), await makeAccount(owner, { title: "b" })];
    await owner.patch(one(a), { name: "c" });
    expect(answered(await owner.get(list))).toEqual({ status: 200, body: onlyPage(b, { ...a, title: "c" }) });
  });
});

describe("at once", () => {
  it("fifty creations of one slug make one organization [R54]", async () => {
    const callers = await Promise.all(Array.from({ length: 5 }, () => someoneKnown()));
    const slug = unique("race");
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) => {
        const caller = callers[at % callers.length] as Caller;
        return caller.post(list, { name: `Racer ${at}`, slug: at % 2 === 0 ? slug : slug.toUpperCase() });
      }),
    );
    expect(statuses(answers)).toEqual([201, ...Array.from({ length: 49 }, () => 400)]);
    for (const answer of answers) if (answer.status === 400) expect(answer.body).toEqual(slugTaken);
    const made = answers.find(({ status }) => status === 201);
    const lists = await Promise.all(callers.map((caller) => caller.get(list)));
    expect(lists.flatMap(({ body }) => body.results)).toEqual([made?.body]);
  });

  it("ten renames to one slug let one through, and the others stay", async () => {
    const owner = await someoneKnown();
    const accounts = await Promise.all(Array.from({ length: 10 }, () => makeAccount(owner)));
    const slug = unique("race");
    const answers = await Promise.all(accounts.map((account) => owner.patch(one(account), { slug })));
    expect(statuses(answers)).toEqual([200, ...Array.from({ length: 9 }, () => 400)]);
    for (const [at, answer] of answers.entries()) {
      const account = accounts[at] as MadeAccount;
      const won = answer.status === 200;
      expect(answer.body).toEqual(won ? shown({ ...account, slug }) : slugTaken);
      expect(answered(await owner.get(one(account)))).toEqual({
        status: 200,
        body: shown(won ? { ...account, slug } : account),
      });
    }
  });

  it("a creation and a rename to one slug let one through", async () => {
    const owner = await someoneKnown();
    const account = await makeAccount(owner);
    const slug = unique("race");
    const [made, renamed] = await Promise.all([
      owner.post(list, { name: "New", slug }),
      owner.patch(one(account), { slug }),
    ]);
    expect([
      [201, 400],
      [400, 200],
    ]).toContainEqual([made.status, renamed.status]);
    expect(made.status === 400 ? made.body : renamed.body).toEqual(slugTaken);
  });

  it("ten deletions delete once", async () => {
    const { owner, account } = await makeAccountWithMember();
    const answers = await Promise.all(Array.from({ length: 10 }, () => owner.delete(one(account))));
    expect(statuses(answers)).toEqual([204, ...Array.from({ length: 9 }, () => 404)]);
    for (const answer of answers) if (answer.status === 404) expect(answer.body).toEqual(missing);
    expect(answered(await owner.get(list))).toEqual({ status: 200, body: onlyPage() });
  });

  it("changes to name and slug both last", async () => {
    const owner = await someoneKnown();
    const account = await makeAccount(owner);
    const slug = unique("race");
    const answers = await Promise.all([
      owner.patch(one(account), { name: "New" }),
      owner.patch(one(account), { slug }),
    ]);
    expect(statuses(answers)).toEqual([200, 200]);
    expect(answered(await owner.get(one(account)))).toEqual({
      status: 200,
      body: shown({ ...account, title: "New", slug }),
    });
  });

  it("a change and a deletion end with neither half done", async () => {
    const { owner, account } = await makeAccountWithMember();
    const [changed, deleted] = await Promise.all([
      owner.patch(one(account), { name: "New" }),
      owner.delete(one(account)),
    ]);
    expect(deleted.status).toBe(204);
    expect([200, 404]).toContain(changed.status);
    expect(answered(await owner.get(one(account)))).toEqual({ status: 404, body: missing });
  });
});

function statuses(answers: readonly Answer[]): number[] {
  return answers.map(({ status }) => status).toSorted((left, right) => left - right);
}
