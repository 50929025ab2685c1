import { describe, expect, it } from "vitest";

import {
  addMember,
  addToGroup,
  type Caller,
  createAccount,
  createUser,
  type TestAccount,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import { createCallerWithAccounts, onlyPage, organizationsPath } from "../../support/organizations.ts";

describe("filters", () => {
  it("all filters must match exactly", async () => {
    const { caller, accounts } = await createCallerWithAccounts(3);
    const [first, second] = accounts as [TestAccount, TestAccount];
    const found = { status: 200, body: onlyPage(second) };
    for (const query of [
      `uuid=${second.id}`,
      `uuid=${second.id.toUpperCase()}`,
      `uuid=${second.id.replaceAll("-", "")}`,
      `name=${second.title}`,
      `slug=${second.slug}`,
      `slug=${second.slug}&name=${second.title}&uuid=${second.id}`,
      `uuid=${first.id}&uuid=${second.id}`,
      `slug=${second.slug}&search=organization`,
    ]) {
      expect(statusAndBody(await caller.get(`${organizationsPath}?${query}`))).toEqual(found);
    }
    for (const query of [
      `uuid=${crypto.randomUUID()}`,
      `name=${second.title.slice(0, -1)}`,
      `name=${second.title.toUpperCase()}`,
      `slug=${second.slug.slice(0, -1)}`,
      `slug=${second.slug}&uuid=${first.id}`,
      "name=%25",
      "slug=_",
    ]) {
      expect(statusAndBody(await caller.get(`${organizationsPath}?${query}`))).toEqual({
        status: 200,
        body: onlyPage(),
      });
    }
  });

  it("empty filters are ignored", async () => {
    const { caller, accounts } = await createCallerWithAccounts(2);
    const answer = await caller.get(
      `${organizationsPath}?id=&uuid=&name=&slug=&search=&page=&page_size=&other=`,
    );
    expect(statusAndBody(answer)).toEqual({ status: 200, body: onlyPage(...accounts) });
  });

  it("errors of all invalid filters are returned together", async () => {
    const caller = await createUser();
    const number = ["Enter a number."];
    const uuid = ["Enter a valid UUID."];
    for (const value of ["abc", "1,5", "0x1", "NaN", "Infinity", "--1", "1%202", "\u0661."]) {
      expect(statusAndBody(await caller.get(`${organizationsPath}?id=${value}`))).toEqual({
        status: 400,
        body: { id: number },
      });
    }
    for (const value of ["abc", "123", "4b5c21f3-0d2f-4c58-9d0b-6b2f1f9d7a5", "g".repeat(32)]) {
      expect(statusAndBody(await caller.get(`${organizationsPath}?uuid=${value}`))).toEqual({
        status: 400,
        body: { uuid },
      });
    }
    expect(statusAndBody(await caller.get(`${organizationsPath}?uuid=x&id=x`))).toEqual({
      status: 400,
      body: { id: number, uuid },
    });
  });

  it("the id filter finds an account by its integer key, and nothing by another number", async () => {
    const { caller, accounts } = await createCallerWithAccounts(1);
    for (const id of ["0", "-1", "1.5", "1e300", "1e999", "9007199254740993", "9".repeat(30)]) {
      expect(statusAndBody(await caller.get(`${organizationsPath}?id=${id}`))).toEqual({
        status: 200,
        body: onlyPage(),
      });
    }
    const key = await keyOf(caller);
    for (const id of [`${key}`, `%20${key}%20`, `${key}.0`, `%2B${key}`]) {
      expect(statusAndBody(await caller.get(`${organizationsPath}?id=${id}`))).toEqual({
        status: 200,
        body: onlyPage(...accounts),
      });
    }
    expect(statusAndBody(await (await createUser()).get(`${organizationsPath}?id=${key}`))).toEqual({
      status: 200,
      body: onlyPage(),
    });
  });

  it.each(["search", "name", "slug", "id", "uuid", "page", "other", "cursor", "a%00b"])(
    "a NUL in a query is rejected: %s",
    async (key) => {
      const answer = await (await createUser()).get(`${organizationsPath}?${key}=a%00`);
      expect(statusAndBody(answer)).toEqual({ status: 400, body: ["Null characters are not allowed."] });
    },
  );
});

describe("visibility of organizations", () => {
  it("a user without memberships sees no organizations", async () => {
    await createCallerWithAccounts(1);
    expect(statusAndBody(await (await createUser()).get(organizationsPath))).toEqual({
      status: 200,
      body: onlyPage(),
    });
  });

  it("organizations with equal names in two tenants never mix [R4]", async () => {
    const title = unique("Twin");
    const [left, right] = [await createUser(), await createUser()];
    const mine = await createAccount(left, { title });
    const theirs = await createAccount(right, { title });
    for (const query of ["", `?name=${title}`, `?search=${title}`, `?search=${title}&page=last`]) {
      expect(statusAndBody(await left.get(`${organizationsPath}${query}`))).toEqual({
        status: 200,
        body: onlyPage(mine),
      });
      expect(statusAndBody(await right.get(`${organizationsPath}${query}`))).toEqual({
        status: 200,
        body: onlyPage(theirs),
      });
    }
    for (const query of [`?slug=${theirs.slug}`, `?uuid=${theirs.id}`, `?search=${theirs.slug}`]) {
      expect(statusAndBody(await left.get(`${organizationsPath}${query}`))).toEqual({
        status: 200,
        body: onlyPage(),
      });
    }
  });

  it("a member of several organizations sees all of them", async () => {
    const member = await createUser();
    const accounts: TestAccount[] = [];
    for (const title of ["Alpha", "beta", "Gamma"]) {
      const account = await createAccount(await createUser(), { title });
      await addMember(account, member);
      accounts.push(account);
    }
    expect(statusAndBody(await member.get(organizationsPath))).toEqual({
      status: 200,
      body: onlyPage(...accounts),
    });
  });

  it.each([
    { name: "the operator", group: undefined },
    { name: "an administrator", group: 1 },
    { name: "a meter", group: 2 },
    { name: "support", group: 3 },
  ] as const)("$name sees all organizations", async ({ group }) => {
    const reader = group === undefined ? await createUser({ email: "root@example.com" }) : await createUser();
    if (group !== undefined) await addToGroup(reader, group);
    const before = (await reader.get(`${organizationsPath}?page_size=1`)).body.count;
    const title = unique("Twin");
    const accounts = [
      await createAccount(await createUser(), { title }),
      await createAccount(await createUser(), { title }),
    ];
    expect((await reader.get(`${organizationsPath}?page_size=1`)).body.count).toBe(before + 2);
    for (const query of [
      `name=${title}`,
      `search=${title}`,
      `search=${title.slice(2, -2)}`,
      `search=${title}&page=last`,
    ]) {
      expect(statusAndBody(await reader.get(`${organizationsPath}?${query}`))).toEqual({
        status: 200,
        body: onlyPage(...accounts),
      });
    }
  });
});

/** Returns the integer id of a caller's only organization through the API. */
async function keyOf(caller: Caller): Promise<number> {
  for (let key = 1; key < 2_000; key += 1) {
    if ((await caller.get(`${organizationsPath}?id=${key}`)).body.count === 1) return key;
  }
  throw new Error("No key");
}
