import { describe, expect, it } from "vitest";

import { Caller, makeAccount, operator, someone, unique, type MadeAccount } from "../world.ts";
import { answered, list, onlyPage } from "./requests.ts";

/** The same search by the owner over their own and by the operator over everything. */
async function bothFind(owner: Caller, search: string, ...accounts: MadeAccount[]): Promise<void> {
  const path = `${list}?search=${encodeURIComponent(search)}`;
  const found = { search, status: 200, body: onlyPage(...accounts) };
  expect({ search, ...answered(await owner.get(path)) }).toEqual(found);
  expect({ search, ...answered(await (await operator()).get(path)) }).toEqual(found);
}

describe("a search", () => {
  it("looks in name and slug, whatever the case", async () => {
    const owner = await someone();
    const word = unique("needle");
    const byName = await makeAccount(owner, { title: `The ${word.toUpperCase()} of it` });
    const bySlug = await makeAccount(owner, { slug: `x-${word}-y`, title: "Hay" });
    await makeAccount(owner, { title: "Hay" });
    await bothFind(owner, word, byName, bySlug);
    await bothFind(owner, word.slice(1).toUpperCase(), byName, bySlug);
  });

  it("finds a short term beside more long ones than the index is asked for", async () => {
    const owner = await someone();
    const words = Array.from({ length: 17 }, (_, at) => unique(`w${at}x`).slice(0, 10));
    const made = await makeAccount(owner, { title: `zq ${words.join(" ")}` });
    await makeAccount(owner, { title: words.join(" ") });
    await bothFind(owner, `zq ${words.join(" ")}`, made);
    await bothFind(owner, `zq z ${words.join(" ")}`, made);
  });

  it("wants every term, each in any field", async () => {
    const owner = await someone();
    const [left, right] = [unique("left"), unique("right")];
    const both = await makeAccount(owner, { slug: left, title: `x ${right}` });
    await makeAccount(owner, { title: left });
    await makeAccount(owner, { title: right });
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

  it("keeps what is in quotes together", async () => {
    const owner = await someone();
    const word = unique("word");
    const together = await makeAccount(owner, { title: `${word} and more, much` });
    const apart = await makeAccount(owner, { title: `and ${word}` });
    await bothFind(owner, `${word} and`, together, apart);
    await bothFind(owner, `"${word} and"`, together);
    await bothFind(owner, `'${word} and more, m'`, together);
  });

  it("takes every character for itself", async () => {
    const owner = await someone();
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
      const account = await makeAccount(owner, { title });
      await bothFind(owner, title, account);
    }
    const near = await makeAccount(owner, { title: `NEAR ${word} OR AND NOT` });
    await bothFind(owner, `NEAR ${word} AND`, near);
    for (const search of [`${word}?`, `${word}.x`, `${word}%%`, `${word}x`]) await bothFind(owner, search);
  });

  it("finds text however it is composed", async () => {
    const owner = await someone();
    const word = unique();
    const account = await makeAccount(owner, { title: `CAFE\u0301 ${word}` });
    const kept = { ...account, title: `CAF\u00c9 ${word}` };
    await bothFind(owner, `caf\u00e9 ${word}`, kept);
    await bothFind(owner, `cafe\u0301 ${word}`, kept);
  });

  it("does not run from the name into the slug", async () => {
    const owner = await someone();
    const [title, slug] = [unique("end"), unique("start")];
    await makeAccount(owner, { title, slug });
    await bothFind(owner, `"${title.slice(-4)}${slug.slice(0, 4)}"`);
    await bothFind(owner, `"${title.slice(-4)} ${slug.slice(0, 4)}"`);
    for (const search of [`"${title}\n"`, "\u0001", `"\u0001${title}"`, `"${title}\n\u0001\u0001${slug}"`]) {
      expect(answered(await owner.get(`${list}?search=${encodeURIComponent(search)}`))).toMatchObject({
        status: 200,
      });
    }
    await bothFind(owner, `"${title}\n\u0001\u0001${slug}"`);
  });

  it("of nothing but separators is no search", async () => {
    const owner = await someone();
    const accounts = [await makeAccount(owner, { title: "a" }), await makeAccount(owner, { title: "b" })];
    for (const search of [" ", ",", " , ,, ", '""', "''"]) {
      const answer = await owner.get(`${list}?search=${encodeURIComponent(search)}`);
      expect(answered(answer)).toEqual({ status: 200, body: onlyPage(...accounts) });
    }
  });

  it("under three characters matches anywhere in one's own and beginnings over everything", async () => {
    const owner = await someone();
    const account = await makeAccount(owner, { title: "\u{10900}\u{10901}\u{10902}" });
    const root = await operator();
    for (const [search, own, all] of [
      ["\u{10900}", true, true],
      ["\u{10900}\u{10901}", true, true],
      ["\u{10901}", true, false],
      ["\u{10901}\u{10902}", true, false],
      ["\u{10900}\u{10901}\u{10902}", true, true],
    ] as const) {
      const path = `${list}?search=${encodeURIComponent(search)}`;
      expect(answered(await owner.get(path))).toEqual({
        status: 200,
        body: own ? onlyPage(account) : onlyPage(),
      });
      expect(answered(await root.get(path))).toEqual({
        status: 200,
        body: all ? onlyPage(account) : onlyPage(),
      });
    }
  });

  it.each([
    ["49 bytes", "x".repeat(49)],
    ["50 bytes", "x".repeat(50)],
    ["51 bytes", "x".repeat(51)],
    ["10 KB in one term", "x".repeat(10_240)],
    ["10 KB in many terms", "ab cde ".repeat(1_463)],
    ["300 terms, each its own", Array.from({ length: 300 }, (_, at) => `t${at}`).join(" ")],
    ["quotes that do not close", `"'"'"`],
    ["a lone quote", '"'],
    ["operators", 'NEAR(a b) OR ("x" NOT y*) ^z {name}: a'],
    ["a backslash at the end", "abc\\"],
    ["half a pair", "%ED%A0%80"],
    ["an emoji", "\u{1f9ff}"],
    ["control characters", "a\u0001b\u001f\u007f"],
  ])("is answered whatever it is: %s", async (_, search) => {
    const owner = await someone();
    await makeAccount(owner);
    await bothFind(owner, search);
  });

  it("goes by id, not by name", async () => {
    const owner = await someone();
    const word = unique("order");
    const accounts: MadeAccount[] = [];
    for (const title of ["c", "a", "b"])
      accounts.push(await makeAccount(owner, { title: `${title} ${word}` }));
    await bothFind(owner, word, ...accounts);
  });

  it("follows what is renamed and deleted", async () => {
    const owner = await someone();
    const [before, after] = [unique("before"), unique("after")];
    const account = await makeAccount(owner, { title: before });
    await owner.patch(`${list}${account.id}/`, { name: after });
    await bothFind(owner, before);
    await bothFind(owner, after, { ...account, title: after });
    await owner.delete(`${list}${account.id}/`);
    await bothFind(owner, after);
  });
});
