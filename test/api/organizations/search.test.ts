import { describe, expect, it } from "vitest";

import {
  Caller,
  createAccount,
  createOperator,
  createUser,
  type TestAccount,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import { onlyPage, organizationsPath } from "../../support/organizations.ts";

/** Runs a search as the owner over their own accounts and as the operator over all. */
async function bothFind(owner: Caller, search: string, ...accounts: TestAccount[]): Promise<void> {
  const path = `${organizationsPath}?search=${encodeURIComponent(search)}`;
  const found = { search, status: 200, body: onlyPage(...accounts) };
  expect({ search, ...statusAndBody(await owner.get(path)) }).toEqual(found);
  expect({ search, ...statusAndBody(await (await createOperator()).get(path)) }).toEqual(found);
}

describe("a search", () => {
  it("a search looks in name and slug, ignoring case", async () => {
    const owner = await createUser();
    const word = unique("needle");
    const byName = await createAccount(owner, { title: `The ${word.toUpperCase()} of it` });
    const bySlug = await createAccount(owner, { slug: `x-${word}-y`, title: "Hay" });
    await createAccount(owner, { title: "Hay" });
    await bothFind(owner, word, byName, bySlug);
    await bothFind(owner, word.slice(1).toUpperCase(), byName, bySlug);
  });

  it("a short term is found together with more long terms than the index takes", async () => {
    const owner = await createUser();
    const words = Array.from({ length: 17 }, (_, at) => unique(`w${at}x`).slice(0, 10));
    const made = await createAccount(owner, { title: `zq ${words.join(" ")}` });
    await createAccount(owner, { title: words.join(" ") });
    await bothFind(owner, `zq ${words.join(" ")}`, made);
    await bothFind(owner, `zq z ${words.join(" ")}`, made);
  });

  it("every term must be found, each in any field", async () => {
    const owner = await createUser();
    const [left, right] = [unique("left"), unique("right")];
    const both = await createAccount(owner, { slug: left, title: `x ${right}` });
    await createAccount(owner, { title: left });
    await createAccount(owner, { title: right });
    for (const search of [
      `${left} ${right}`,
      `${right},${left}`,
      `  ${right} , ${left},, `,
      `"${left}" '${right}'`,
    ]) {
      await bothFind(owner, search, both);
    }
    await bothFind(owner, `${left} ${right} ${unique()}`);
  });

  it("a quoted phrase stays together", async () => {
    const owner = await createUser();
    const word = unique("word");
    const together = await createAccount(owner, { title: `${word} and more, much` });
    const apart = await createAccount(owner, { title: `and ${word}` });
    await bothFind(owner, `${word} and`, together, apart);
    await bothFind(owner, `"${word} and"`, together);
    await bothFind(owner, `'${word} and more, m'`, together);
  });

  it("every character is literal", async () => {
    const owner = await createUser();
    const word = unique("sign");
    const titles = [
      `${word}%x`,
      `${word}_x`,
      `${word}*x`,
      `${word}\\x`,
      `${word}"x`,
      `${word}-x^y`,
      `${word}(x)`,
      `${word}:x`,
      `${word}é😀`,
    ];
    for (const title of titles) {
      const account = await createAccount(owner, { title });
      await bothFind(owner, title, account);
    }
    const near = await createAccount(owner, { title: `NEAR ${word} OR AND NOT` });
    await bothFind(owner, `NEAR ${word} AND`, near);
    for (const search of [`${word}?`, `${word}.x`, `${word}%%`, `${word}x`]) await bothFind(owner, search);
  });

  it("a search finds text in any Unicode composition", async () => {
    const owner = await createUser();
    const word = unique();
    const account = await createAccount(owner, { title: `CAFE\u0301 ${word}` });
    const normalized = { ...account, title: `CAF\u00c9 ${word}` };
    await bothFind(owner, `caf\u00e9 ${word}`, normalized);
    await bothFind(owner, `cafe\u0301 ${word}`, normalized);
  });

  it("a phrase does not match across name and slug", async () => {
    const owner = await createUser();
    const [title, slug] = [unique("end"), unique("start")];
    await createAccount(owner, { title, slug });
    await bothFind(owner, `"${title.slice(-4)}${slug.slice(0, 4)}"`);
    await bothFind(owner, `"${title.slice(-4)} ${slug.slice(0, 4)}"`);
    for (const search of [`"${title}\n"`, "\u0001", `"\u0001${title}"`, `"${title}\n\u0001\u0001${slug}"`]) {
      expect(
        statusAndBody(await owner.get(`${organizationsPath}?search=${encodeURIComponent(search)}`)),
      ).toMatchObject({
        status: 200,
      });
    }
    await bothFind(owner, `"${title}\n\u0001\u0001${slug}"`);
  });

  it("a search of separators only is ignored", async () => {
    const owner = await createUser();
    const accounts = [await createAccount(owner, { title: "a" }), await createAccount(owner, { title: "b" })];
    for (const search of [" ", ",", " , ,, ", '""', "''"]) {
      const answer = await owner.get(`${organizationsPath}?search=${encodeURIComponent(search)}`);
      expect(statusAndBody(answer)).toEqual({ status: 200, body: onlyPage(...accounts) });
    }
  });

  it("a short term matches anywhere in own organizations, and prefixes platform-wide", async () => {
    const owner = await createUser();
    const account = await createAccount(owner, { title: "\u{10900}\u{10901}\u{10902}" });
    const root = await createOperator();
    for (const [search, own, all] of [
      ["\u{10900}", true, true],
      ["\u{10900}\u{10901}", true, true],
      ["\u{10901}", true, false],
      ["\u{10901}\u{10902}", true, false],
      ["\u{10900}\u{10901}\u{10902}", true, true],
    ] as const) {
      const path = `${organizationsPath}?search=${encodeURIComponent(search)}`;
      expect(statusAndBody(await owner.get(path))).toEqual({
        status: 200,
        body: own ? onlyPage(account) : onlyPage(),
      });
      expect(statusAndBody(await root.get(path))).toEqual({
        status: 200,
        body: all ? onlyPage(account) : onlyPage(),
      });
    }
  });

  it.each([
    { name: "49 bytes", search: "x".repeat(49) },
    { name: "50 bytes", search: "x".repeat(50) },
    { name: "51 bytes", search: "x".repeat(51) },
    { name: "10 KB in one term", search: "x".repeat(10_240) },
    { name: "10 KB in many terms", search: "ab cde ".repeat(1_463) },
    { name: "300 terms, each its own", search: Array.from({ length: 300 }, (_, at) => `t${at}`).join(" ") },
    { name: "quotes that do not close", search: `"'"'"` },
    { name: "a lone quote", search: '"' },
    { name: "operators", search: 'NEAR(a b) OR ("x" NOT y*) ^z {name}: a' },
    { name: "a backslash at the end", search: "abc\\" },
    { name: "half a pair", search: "%ED%A0%80" },
    { name: "an emoji", search: "\u{1f9ff}" },
    { name: "control characters", search: "a\u0001b\u001f\u007f" },
  ])("any search text is answered: $name", async ({ search }) => {
    const owner = await createUser();
    await createAccount(owner);
    await bothFind(owner, search);
  });

  it("search results are ordered by id, not by name", async () => {
    const owner = await createUser();
    const word = unique("order");
    const accounts: TestAccount[] = [];
    for (const title of ["c", "a", "b"])
      accounts.push(await createAccount(owner, { title: `${title} ${word}` }));
    await bothFind(owner, word, ...accounts);
  });

  it("search results follow renames and deletions", async () => {
    const owner = await createUser();
    const [before, after] = [unique("before"), unique("after")];
    const account = await createAccount(owner, { title: before });
    await owner.patch(`${organizationsPath}${account.id}/`, { name: after });
    await bothFind(owner, before);
    await bothFind(owner, after, { ...account, title: after });
    await owner.delete(`${organizationsPath}${account.id}/`);
    await bothFind(owner, after);
  });
});
