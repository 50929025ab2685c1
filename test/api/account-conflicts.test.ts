/** Taken slugs and simultaneous changes of accounts, in both APIs. */
import { describe, expect, it } from "vitest";

import { apis } from "../support/apis.ts";
import { effort } from "../support/effort.ts";
import {
  type ApiResponse,
  createAccount,
  createOperator,
  createUser,
  statusAndBody,
  type TestAccount,
  unique,
} from "../support/fixtures.ts";
import { createKnownUser } from "../support/organizations.ts";

describe.each(apis)("conflicts in the $api API", ({ create, change, remove, read, slugs, taken, gone }) => {
  it("a slug taken by any tenant is rejected, and nothing is created [R55]", async () => {
    const owner = await createUser();
    const { slug } = await createAccount(owner);
    for (const caller of [owner, await createUser(), await createOperator()]) {
      const before = await slugs(caller);
      expect(statusAndBody(await create(caller, { slug, title: "New" }))).toEqual(taken);
      expect(await slugs(caller)).toEqual(before);
    }
  });

  it("renaming to a taken slug changes nothing", async () => {
    const first = await createAccount(await createUser());
    const owner = await createUser();
    const { id, slug, title } = await createAccount(owner);
    expect(statusAndBody(await change(owner, { id }, { slug: first.slug, title: "New" }))).toEqual(taken);
    expect(await read(owner, { id })).toEqual({ slug, title });
  });

  it("one of many simultaneous creations with one slug succeeds [R54]", async () => {
    const callers = await Promise.all(Array.from({ length: 5 }, createKnownUser));
    const slug = unique("race");
    const answers = await Promise.all(
      callers.flatMap((caller) =>
        Array.from({ length: effort(4, 10) }, (_, at) => create(caller, { slug, title: `Racer ${at}` })),
      ),
    );
    expectOne(answers, 201, taken);
    const lists = await Promise.all(callers.map(slugs));
    expect(lists.flat()).toEqual([slug]);
  });

  it("one of ten simultaneous renames to one slug succeeds, and the others keep their slugs", async () => {
    const owner = await createKnownUser();
    const accounts = await Promise.all(Array.from({ length: 10 }, () => createAccount(owner)));
    const slug = unique("race");
    const answers = await Promise.all(accounts.map((account) => change(owner, account, { slug })));
    expectOne(answers, 200, taken);
    for (const [at, { status }] of answers.entries()) {
      const account = accounts[at] as TestAccount;
      expect(await read(owner, account)).toEqual({
        slug: status === 200 ? slug : account.slug,
        title: account.title,
      });
    }
  });

  it("of a simultaneous creation and rename to one slug one succeeds", async () => {
    const owner = await createKnownUser();
    const account = await createAccount(owner);
    const slug = unique("race");
    const answers = await Promise.all([
      create(owner, { slug, title: "New" }),
      change(owner, account, { slug }),
    ]);
    const [winner, ...others] = answers.filter(({ status }) => status < 300);
    expect([winner?.status, others]).toEqual([expect.any(Number), []]);
    expect(answers.filter(({ status }) => status >= 300).map(statusAndBody)).toEqual([taken]);
  });

  it("two accounts cannot swap their slugs simultaneously", async () => {
    const owner = await createUser();
    const [left, right] = [await createAccount(owner), await createAccount(owner)];
    const answers = await Promise.all([
      change(owner, left, { slug: right.slug }),
      change(owner, right, { slug: left.slug }),
    ]);
    expect(answers.map(statusAndBody)).toEqual([taken, taken]);
  });

  it("simultaneous changes of title and slug are both stored", async () => {
    const owner = await createKnownUser();
    const account = await createAccount(owner);
    const slug = unique("race");
    const answers = await Promise.all([
      change(owner, account, { title: "New" }),
      change(owner, account, { slug }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await read(owner, account)).toEqual({ slug, title: "New" });
  });

  it("ten simultaneous deletions delete once", async () => {
    const owner = await createKnownUser();
    const account = await createAccount(owner);
    expectOne(await Promise.all(Array.from({ length: 10 }, () => remove(owner, account))), 204, gone);
    expect(await slugs(owner)).toEqual([]);
  });

  it("a deletion during a change deletes the account", async () => {
    const owner = await createKnownUser();
    const account = await createAccount(owner);
    const [changed, deleted] = await Promise.all([
      change(owner, account, { title: "New" }),
      remove(owner, account),
    ]);
    expect(deleted.status).toBe(204);
    expect([200, gone.status]).toContain(changed.status);
    expect(await slugs(owner)).toEqual([]);
  });
});

/** Expects one response with a status, and the others to be `rejected`. */
function expectOne(answers: readonly ApiResponse[], status: number, rejected: object): void {
  const others = answers.filter((answer) => answer.status !== status);
  expect(others).toHaveLength(answers.length - 1);
  for (const answer of others) expect(statusAndBody(answer)).toEqual(rejected);
}
