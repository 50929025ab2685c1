import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { anonymous, createAccount, createUser, unique, statusAndBody } from "../../support/fixtures.ts";
import {
  createCallerWithAccounts,
  invalidPage,
  newOrganization,
  onlyPage,
  organizationBody,
  organizationsPath,
} from "../../support/organizations.ts";

const site = `https://roster.test${organizationsPath}`;
const refusedPage = { status: 404, body: invalidPage };

/** Builds a link of the list with this query and an optional cursor. */
function linkWith(query: string): unknown {
  return expect.stringMatching(
    new RegExp(`^https://roster\\.test/accounts/organizations/\\?(cursor=[\\w-]+&)?${query}$`),
  );
}

function namesOf(body: { results: { name: string }[] }): string[] {
  return body.results.map(({ name }) => name);
}

describe("page", () => {
  it.each([
    "0",
    "-1",
    "abc",
    "1.5",
    "1e9",
    "2",
    "99",
    "999999999999999",
    "9".repeat(40),
    "0x1",
    "1,2",
    "LAST",
    "null",
    "%20",
    "%EF%BC%91.",
    "1%202",
  ])("page %s of a single page does not exist [R50]", async (page) => {
    const { caller } = await createCallerWithAccounts(1);
    expect(statusAndBody(await caller.get(`${organizationsPath}?page=${page}`))).toEqual(refusedPage);
    expect(statusAndBody(await caller.get(`${organizationsPath}?page=${page}&page_size=100`))).toEqual(
      refusedPage,
    );
  });

  it.each([
    "",
    "?page=",
    "?page=1",
    "?page=last",
    "?page=%2B1",
    "?page=%201%20",
    "?page=001",
    "?page=5&page=1",
  ])("page %s is the first page, also of an empty list", async (query) => {
    const { caller, accounts } = await createCallerWithAccounts(1);
    expect(statusAndBody(await caller.get(`${organizationsPath}${query}`))).toEqual({
      status: 200,
      body: onlyPage(...accounts),
    });
    expect(statusAndBody(await (await createUser()).get(`${organizationsPath}${query}`))).toEqual({
      status: 200,
      body: onlyPage(),
    });
  });

  it("a page links to both neighbours, and to the first page without a number", async () => {
    const { caller, accounts } = await createCallerWithAccounts(5);
    const first = await caller.get(`${organizationsPath}?page_size=2`);
    expect(statusAndBody(first)).toEqual({
      status: 200,
      body: {
        count: 5,
        next: linkWith("page=2&page_size=2"),
        previous: null,
        results: accounts.slice(0, 2).map(organizationBody),
      },
    });
    const second = await caller.get(first.body.next);
    expect(statusAndBody(second)).toEqual({
      status: 200,
      body: {
        count: 5,
        next: linkWith("page=3&page_size=2"),
        previous: linkWith("page_size=2"),
        results: accounts.slice(2, 4).map(organizationBody),
      },
    });
    const third = await caller.get(second.body.next);
    expect(statusAndBody(third)).toEqual({
      status: 200,
      body: {
        count: 5,
        next: null,
        previous: expect.stringContaining("page=2"),
        results: accounts.slice(4).map(organizationBody),
      },
    });
    expect(namesOf((await caller.get(third.body.previous)).body)).toEqual(namesOf(second.body));
    expect(statusAndBody(await caller.get(second.body.previous))).toEqual(statusAndBody(first));
  });

  it("a page is the same by its number alone", async () => {
    const { caller, accounts } = await createCallerWithAccounts(5);
    for (const [page, from] of [
      ["1", 0],
      ["2", 2],
      ["3", 4],
    ] as const) {
      const answer = await caller.get(`${organizationsPath}?page=${page}&page_size=2`);
      expect(answer.body).toMatchObject({
        count: 5,
        results: accounts.slice(from, from + 2).map(organizationBody),
      });
    }
  });

  it("page=last returns the last page, full or partial", async () => {
    const { caller, accounts } = await createCallerWithAccounts(4);
    const part = await caller.get(`${organizationsPath}?page=last&page_size=3`);
    expect(part.body).toMatchObject({
      count: 4,
      next: null,
      results: accounts.slice(3).map(organizationBody),
    });
    expect((await caller.get(part.body.previous)).body).toMatchObject({
      results: accounts.slice(0, 3).map(organizationBody),
    });
    const whole = await caller.get(`${organizationsPath}?page=last&page_size=2`);
    expect(whole.body).toMatchObject({
      count: 4,
      next: null,
      results: accounts.slice(2).map(organizationBody),
    });
    expect(namesOf((await caller.get(whole.body.previous)).body)).toEqual(
      accounts.slice(0, 2).map(({ title }) => title),
    );
  });
});

describe("page_size", () => {
  it("page_size defaults to 20, and invalid values are ignored [R50]", async () => {
    const { caller } = await createCallerWithAccounts(21);
    for (const size of [undefined, "", "0", "-1", "abc", "1.5", "1e1", "20"]) {
      const answer = await caller.get(
        size === undefined ? organizationsPath : `${organizationsPath}?page_size=${size}`,
      );
      expect(answer.status).toBe(200);
      expect(answer.body.results).toHaveLength(20);
      expect(answer.body.count).toBe(21);
    }
    for (const size of ["21", "50", "100", "101", "1000000", "9".repeat(40)]) {
      const answer = await caller.get(`${organizationsPath}?page_size=${size}`);
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ count: 21, next: null, previous: null });
      expect(answer.body.results).toHaveLength(21);
    }
  });
});

describe("links", () => {
  it("links begin with PUBLIC_URL and keep the other query keys, sorted", async () => {
    const { caller } = await createCallerWithAccounts(3);
    const headers = { Host: "evil.com", "X-Forwarded-Host": "evil.com", "X-Forwarded-Proto": "http" };
    const { body } = await caller.get(
      `${organizationsPath}?search=%22organization%22&page_size=1&id=&b=2&a=%26&page=2`,
      {
        headers,
      },
    );
    for (const [link, page] of [
      [body.next, "3"],
      [body.previous, null],
    ] as const) {
      expect(link.startsWith(`${site}?`)).toBe(true);
      const query = new URL(link).searchParams;
      const keys = [...query.keys()];
      expect(keys).toEqual(keys.toSorted());
      expect(query.get("page")).toBe(page);
      query.delete("page");
      query.delete("cursor");
      expect([...query]).toEqual([
        ["a", "&"],
        ["b", "2"],
        ["id", ""],
        ["page_size", "1"],
        ["search", '"organization"'],
      ]);
    }
  });

  it("links keep the filters", async () => {
    const caller = await createUser();
    for (let made = 0; made < 3; made += 1) await createAccount(caller, { title: "Same & same" });
    await createAccount(caller, { title: "Another" });
    const first = await caller.get(`${organizationsPath}?page_size=2&name=Same%20%26%20same`);
    const second = await caller.get(first.body.next);
    expect(namesOf(first.body)).toEqual(["Same & same", "Same & same"]);
    expect(second.body).toMatchObject({ count: 3, next: null });
    expect(namesOf(second.body)).toEqual(["Same & same"]);
  });

  it("anonymous callers and other tenants see nothing through a link [R4]", async () => {
    const { caller } = await createCallerWithAccounts(3);
    const { next } = (await caller.get(`${organizationsPath}?page_size=1`)).body;
    expect((await anonymous.get(next)).status).toBe(401);
    const { status, body } = await (await createUser()).get(next);
    expect([200, 404]).toContain(status);
    expect(body.results ?? []).toEqual([]);
    expect(body.count ?? 0).toBe(0);
  });
});

describe("cursors", () => {
  const encode = (value: unknown) =>
    new TextEncoder()
      .encode(typeof value === "string" ? value : JSON.stringify(value))
      .toBase64({ alphabet: "base64url", omitPadding: true });

  it.each([
    { name: "garbage", cursor: "!!!" },
    { name: "no base64", cursor: "a" },
    { name: "no JSON", cursor: encode("{") },
    { name: "no UTF-8", cursor: "_w" },
    { name: "no list", cursor: encode({ direction: "after" }) },
    { name: "nothing", cursor: encode([]) },
    { name: "no keys", cursor: encode(["after"]) },
    { name: "too few keys", cursor: encode(["after", "a"]) },
    { name: "too many keys", cursor: encode(["after", "a", 1, 1]) },
    { name: "another direction", cursor: encode(["around", "a", 1]) },
    { name: "keys the wrong way round", cursor: encode(["after", 1, "a"]) },
    { name: "a text for an id", cursor: encode(["after", "a", "1"]) },
    { name: "null", cursor: encode(["after", null, 1]) },
    { name: "lists", cursor: encode(["after", ["a"], [1]]) },
    { name: "an object", cursor: encode(["after", {}, 1]) },
    { name: "a fraction", cursor: encode(["after", "a", 1.5]) },
    { name: "a number no key can be", cursor: encode('["after", "a", 1e300]') },
    { name: "half a surrogate pair", cursor: encode('["after", "\\ud800", 1]') },
    { name: "a name longer than any", cursor: encode(["after", "a".repeat(100_000), 1]) },
    { name: "a list that goes too deep", cursor: encode("[".repeat(10_000)) },
  ])("a cursor that contains $name is 404", async ({ cursor }) => {
    const caller = await createUser();
    await createAccount(caller);
    expect(
      statusAndBody(await caller.get(`${organizationsPath}?cursor=${encodeURIComponent(cursor)}&page=2`)),
    ).toEqual(refusedPage);
  });

  it("a cursor of another list is 404", async () => {
    const { caller } = await createCallerWithAccounts(2);
    const [own, found] = [
      `${organizationsPath}?page_size=1`,
      `${organizationsPath}?page_size=1&search=organization`,
    ];
    const ownCursor = cursorOf((await caller.get(own)).body.next);
    const foundCursor = cursorOf((await caller.get(found)).body.next);
    expect(statusAndBody(await caller.get(`${found}&page=2&cursor=${ownCursor}`))).toEqual(refusedPage);
    expect(statusAndBody(await caller.get(`${own}&page=2&cursor=${foundCursor}`))).toEqual(refusedPage);
  });

  it("a cursor with the longest names works", async () => {
    const caller = await createUser();
    const names = ["\u0130", "\u{10400}", "\u{1f600}"].map((letter) => letter.repeat(200));
    for (const name of names)
      expect((await caller.post(organizationsPath, newOrganization({ name }))).status).toBe(201);
    // Normal form C writes this letter as three code points, so it grows when stored.
    const grown = await caller.post("/api/v1/accounts", { slug: unique(), title: "\u{1d160}".repeat(200) });
    expect([201, 422]).toContain(grown.status);
    const seen: string[] = [];
    for (let link: string | null = `${organizationsPath}?page_size=1`; link !== null;) {
      const page = await caller.get(link);
      expect(page.status).toBe(200);
      seen.push(...namesOf(page.body));
      link = page.body.next;
    }
    expect(seen.filter((name) => names.includes(name))).toEqual(names);
    expect(seen.length).toBe(grown.status === 201 ? 4 : 3);
  });

  it("an empty cursor is ignored", async () => {
    const caller = await createUser();
    const account = await createAccount(caller);
    expect(statusAndBody(await caller.get(`${organizationsPath}?cursor=`))).toEqual({
      status: 200,
      body: onlyPage(account),
    });
  });

  it("no cursor causes a server error", async () => {
    const caller = await createUser();
    const account = await createAccount(caller);
    const good = encode(["after", account.title.toLowerCase(), 1]);
    const tampered = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.json().map(encode),
      fc.tuple(fc.constantFrom("after", "before"), fc.string({ unit: "binary" }), fc.integer()).map(encode),
      fc
        .tuple(fc.nat(good.length - 1), fc.constantFrom(..."aZ9-_"))
        .map(([at, character]) => good.slice(0, at) + character + good.slice(at + 1)),
    );
    await fc.assert(
      fc.asyncProperty(tampered, fc.constantFrom("1", "2", "last"), async (cursor, page) => {
        const answer = await caller.get(
          `${organizationsPath}?page=${page}&cursor=${encodeURIComponent(cursor.toWellFormed())}`,
        );
        expect([200, 400, 404]).toContain(answer.status);
      }),
      { numRuns: 40 },
    );
  });
});

function cursorOf(link: string): string {
  return new URL(link).searchParams.get("cursor") ?? "";
}
