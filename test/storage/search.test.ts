import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";

import { normalizeName } from "../../src/domain/text.ts";
import { accountInsert, insertUser, queryRow, runStatements } from "../support/database.ts";
import { effort } from "../support/effort.ts";
import { type Caller, createAccount, createSupportUser, createUser, unique } from "../support/fixtures.ts";

/** Returns the ids in the trigram index of a table whose text contains a phrase. */
async function indexed(table: "accounts" | "users", phrase: string): Promise<unknown[]> {
  const { results } = await env.DB.prepare(
    `SELECT rowid FROM ${table}_search WHERE ${table}_search MATCH ? ORDER BY rowid`,
  )
    .bind(`"${phrase.replaceAll('"', '""')}"`)
    .all();
  return results.map(({ rowid }) => rowid);
}

/** Returns the UUIDs that a caller finds on all pages. Expects the list's count to be their number. */
async function search(caller: Caller, text: string): Promise<string[]> {
  const found: string[] = [];
  let next: string | null = `/accounts/organizations/?page_size=50&search=${encodeURIComponent(text)}`;
  while (next !== null) {
    const { status, body } = await caller.get(next);
    expect(status).toBe(200);
    for (const { uuid } of body.results) found.push(uuid);
    next = body.next;
    if (next === null) expect(body.count).toBe(found.length);
  }
  return found;
}

describe("the search index of accounts", () => {
  it("the index follows an account's creation, changes of its names and its deletion", async () => {
    const owner = await insertUser();
    const [title, slug] = [unique("title"), unique("slug")];
    const [insert, ...values] = accountInsert(owner, { slug });
    await runStatements(
      [insert, ...values],
      ["UPDATE accounts SET title_key = ? WHERE slug = ?", title, slug],
    );
    const id = (await queryRow("SELECT id FROM accounts WHERE slug = ?", slug))?.["id"];
    expect(await indexed("accounts", title)).toEqual([id]);
    expect(await indexed("accounts", slug)).toEqual([id]);

    const [newTitle, newSlug] = [unique("name"), unique("word")];
    await runStatements([
      "UPDATE accounts SET title_key = ?, slug = ? WHERE slug = ?",
      newTitle,
      newSlug,
      slug,
    ]);
    expect(await indexed("accounts", title)).toEqual([]);
    expect(await indexed("accounts", slug)).toEqual([]);
    expect(await indexed("accounts", newTitle)).toEqual([id]);
    expect(await indexed("accounts", newSlug)).toEqual([id]);

    await runStatements([
      "UPDATE accounts SET description = 'x', version = version + 1 WHERE slug = ?",
      newSlug,
    ]);
    expect(await indexed("accounts", newTitle)).toEqual([id]);

    await runStatements(["DELETE FROM accounts WHERE slug = ?", newSlug]);
    expect(await indexed("accounts", newTitle)).toEqual([]);
    expect(await indexed("accounts", newSlug)).toEqual([]);
  });

  it("a rejected change does not affect the index", async () => {
    const owner = await insertUser();
    const [slug, newSlug] = [unique("slug"), unique("slug")];
    await runStatements(accountInsert(owner, { slug }));
    await expect(
      runStatements(
        ["UPDATE accounts SET slug = ? WHERE slug = ?", newSlug, slug],
        ["INSERT INTO preconditions VALUES ('no', 0)"],
      ),
    ).rejects.toThrow("no: SQLITE_CONSTRAINT");
    expect(await indexed("accounts", slug)).toHaveLength(1);
    expect(await indexed("accounts", newSlug)).toEqual([]);
  });

  it("the index separates title and slug, so that no phrase matches across both", async () => {
    const owner = await insertUser();
    const slug = unique("slug");
    await runStatements(accountInsert(owner, { slug }), [
      "UPDATE accounts SET title_key = 'ends-with-xyz' WHERE slug = ?",
      slug,
    ]);
    expect(await indexed("accounts", `xyz${slug}`)).toEqual([]);
    expect(await indexed("accounts", `xyz\n${slug}`)).toEqual([]);
  });
});

describe("the search index of users", () => {
  it("the index follows a user's sign-in, change of address and deletion", async () => {
    const [first, second] = [unique("ada"), unique("grace")];
    const caller = await createUser({ email: `${first}@example.com`, name: `Ada ${first.toUpperCase()}` });
    const me = await caller.get("/api/v1/user");
    const id = (await queryRow("SELECT id FROM users WHERE uuid = ?", me.body.id))?.["id"];
    expect(await indexed("users", first)).toEqual([id]);
    expect(await indexed("users", `\u0001\u0001${first}@`)).toEqual([id]);
    expect(await indexed("users", `\n\u0001\u0001ada`)).toContain(id);

    await runStatements([
      "UPDATE users SET search_text = ? WHERE uuid = ?",
      `\u0001\u0001${second}`,
      me.body.id,
    ]);
    expect(await indexed("users", first)).toEqual([]);
    expect(await indexed("users", second)).toEqual([id]);
    await runStatements(["UPDATE users SET last_login = 1 WHERE uuid = ?", me.body.id]);
    expect(await indexed("users", second)).toEqual([id]);
    await runStatements(["DELETE FROM users WHERE uuid = ?", me.body.id]);
    expect(await indexed("users", second)).toEqual([]);
  });
});

describe("a search", () => {
  interface Known {
    readonly uuid: string;
    readonly owner: number;
    /** Title and slug as compared by the search. */
    readonly fields: readonly [title: string, slug: string];
  }
  /** Every account, in the order of creation. */
  const known: Known[] = [];
  let owners: Caller[];
  let reader: Caller;

  beforeAll(async () => {
    await runStatements(["DELETE FROM accounts"]);
    owners = [await createUser(), await createUser()];
    reader = await createSupportUser();
  });

  const normal = (text: string) =>
    text
      .normalize("NFC")
      .toLowerCase()
      .normalize("NFC")
      .replaceAll("ς", "σ")
      .replaceAll(/[iı]\u0307*/g, "i")
      .normalize("NFC");
  const quoted = (term: string) => `"${term.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

  async function add(owner: number, title: string, slug = unique("s")): Promise<void> {
    const answer = await owners[owner]?.post("/api/v1/accounts", { title, slug });
    expect(answer?.status).toBe(201);
    known.push({ uuid: answer?.body.id, owner, fields: [normal(normalizeName(title)), slug] });
  }

  /** Returns the UUIDs that the owner, or a user who may read all accounts, must find. */
  function expected(terms: readonly string[], owner: number | undefined): string[] {
    const found = (fields: readonly string[], term: string) =>
      owner === undefined && [...term].length < 3
        ? fields.some((field) => field.startsWith(term))
        : fields.some((field) => field.includes(term));
    return known
      .filter((account) => owner === undefined || account.owner === owner)
      .filter(({ fields }) => terms.every((term) => found(fields, normal(term))))
      .map(({ uuid }) => uuid);
  }

  async function expectFound(terms: readonly string[], text = terms.map(quoted).join(" ")): Promise<void> {
    const seen = {
      text,
      reader: await search(reader, text),
      first: await search(owners[0] ?? reader, text),
      second: await search(owners[1] ?? reader, text),
    };
    expect(seen).toEqual({
      text,
      reader: expected(terms, undefined),
      first: expected(terms, 0),
      second: expected(terms, 1),
    });
  }

  const pieces = [
    ..."aAbB1 _-%*?'\"`\\,;:+^{}()[]<>#~|/.=",
    "NEAR",
    "AND",
    "OR",
    "NOT",
    "near(",
    "OR 1=1 --",
    "a*",
    "title:",
    "%%",
    "__",
    '""',
    '\\"',
    "🙂",
    "👩‍👩‍👧",
    "🇨🇭",
    "é",
    "e\u0301",
    "o\u0308\u0323",
    "\u0301",
    "ñ",
    "ﬁ",
    "K",
    "Å",
    "ß",
    "ẞ",
    "SS",
    "İ",
    "I",
    "ı",
    "Ǆ",
    "東",
    "京都",
    "東京都庁",
    "한국",
    "नमस्ते",
    "שלום",
    "\u00a0",
    "\u200b",
    "abc",
    "Abc",
    "ABCD",
  ];
  const piece = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...pieces) },
    { weight: 1, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 3 }) },
  );
  const phrase = fc
    .array(piece, { minLength: 1, maxLength: 8 })
    .map((parts) => parts.join(""))
    .filter((text) => normalizeName(text) !== "" && !/\p{Cc}/u.test(text));
  const slug = fc
    .array(fc.constantFrom(..."abn019_-"), { maxLength: 6 })
    .map((parts) => unique(parts.join("")));

  /** A term: part of an account's title or slug in some spelling, or any text. */
  type Wanted =
    | { readonly field: 0 | 1; readonly from: number; readonly length: number; readonly manner: string }
    | string;
  const part = fc.record({
    field: fc.constantFrom(0 as const, 1 as const),
    from: fc.nat(),
    length: fc.integer({ min: 1, max: 8 }),
    manner: fc.constantFrom("as it is", "upper case", "taken apart"),
  });
  const wantedTerm: fc.Arbitrary<Wanted> = fc.oneof(part, phrase);
  const asked = fc.record({
    account: fc.nat(),
    terms: fc.oneof(
      { weight: 6, arbitrary: fc.array<Wanted>(part, { minLength: 1, maxLength: 3 }) },
      { weight: 2, arbitrary: fc.array(wantedTerm, { minLength: 1, maxLength: 3 }) },
      { weight: 1, arbitrary: fc.array<Wanted>(part, { minLength: 17, maxLength: 24 }) },
    ),
  });

  function written(wanted: Wanted, account: Known | undefined): string {
    if (typeof wanted === "string") return wanted;
    const letters = [...(account?.fields[wanted.field] ?? "")];
    const start = wanted.from % letters.length;
    const cut = letters.slice(start, start + wanted.length).join("");
    if (wanted.manner === "upper case") return cut.toUpperCase();
    return wanted.manner === "taken apart" ? cut.normalize("NFD") : cut;
  }

  it("a search finds exactly the accounts that contain every term, whatever the characters [R51]", async () => {
    let hits = 0;
    let misses = 0;
    await fc.assert(
      fc.asyncProperty(
        phrase,
        slug,
        fc.nat(1),
        fc.array(asked, { minLength: 2, maxLength: 2 }),
        async (title, name, owner, searches) => {
          await add(owner, title, name);
          for (const { account, terms } of searches) {
            const texts = terms.map((wanted) => written(wanted, known[account % known.length]));
            await expectFound(texts);
            if (expected(texts, undefined).length > 0) hits += 1;
            else misses += 1;
          }
        },
      ),
      // Each run adds an account that later runs find, so failures cannot be shrunk.
      { numRuns: effort(25, 40), endOnFailure: true },
    );

    expect(hits).toBeGreaterThan(10);
    expect(misses).toBeGreaterThan(5);
  });

  it("a search takes operators of the index literally [R51]", async () => {
    const [word, other] = [unique("left"), unique("right")];
    await add(0, `${word} NEAR ${other}`);
    await add(0, `${word} AND ${other}`);
    await add(1, `${word} OR ${other}`);
    await add(1, `NOT ${other} ^${word}* {x}`);
    for (const operator of [
      "NEAR",
      "AND",
      "OR",
      "NOT",
      `NEAR(${word}`,
      `^${word}`,
      `${word}*`,
      "{x}",
      `-${word}`,
      `text:${word}`,
      `${word}+`,
      "%",
      "_",
      "*",
    ]) {
      await expectFound([word, operator], `${word} ${operator}`);
    }
  });

  it("a search is split at spaces and commas, except within quotes", async () => {
    const word = unique("word");
    await add(0, `${word} one two`);
    await add(0, `${word} two one`);
    await expectFound([word, "one", "two"], `${word} one two`);
    await expectFound([word, "one", "two"], `,${word},one,,two,`);
    await expectFound([word, "one two"], `${word} "one two"`);
    await expectFound([word, "one two"], `'one two' ${word}`);
    await expectFound([word, "one two"], `  "ONE TWO"\t${word.toUpperCase()} `);
  });

  it("a short term matches beginnings for users who may read all accounts, and any part for an owner", async () => {
    const word = unique("qx");
    await add(0, `Q${word}`);
    await add(0, `x ${word} q`);
    await add(1, "東京都");
    await add(1, "京都");
    for (const text of ["q", "qq", "qx", "x", "東", "京", "京都", "都"]) await expectFound([text], text);
  });

  it.each([49, 50, 51])("a term of %i bytes is found like any other [R51]", async (length) => {
    const word = unique("long").padEnd(length, "abcdefg");
    await add(0, `before ${word} after`);
    await add(1, word.slice(0, -1));
    await expectFound([word], word);
    const wide = `é${word.slice(2)}`;
    expect(new TextEncoder().encode(wide)).toHaveLength(length);
    await add(1, `(${wide})`);
    await expectFound([wide], wide);
  });

  it("a search of ten thousand characters finds nothing and causes no error [R51]", async () => {
    await expectFound(["a".repeat(10_240)], "a".repeat(10_240));
    const long = Array.from({ length: 1_000 }, (_, at) => `term${at}`);
    await expectFound(long, long.join(" "));
  });

  it("a search of two hundred terms checks all of them", async () => {
    const letters = [...`${unique()}${crypto.randomUUID()}${crypto.randomUUID()}${crypto.randomUUID()}`];
    const title = letters.join("");
    const terms = [3, 4, 5].flatMap((length) =>
      letters.slice(0, 100).map((_, at) => title.slice(at, at + length)),
    );
    const distinct = [...new Set(terms)].slice(0, 200);
    expect(distinct).toHaveLength(200);
    await add(0, title);
    await expectFound(distinct, distinct.join(" "));
    expect(expected(distinct, undefined)).toHaveLength(1);
    await expectFound([...distinct, "none"], `${distinct.join(" ")} none`);
    expect(expected([...distinct, "none"], undefined)).toEqual([]);
  });

  it("a lone quote is a term, and empty quotes are ignored", async () => {
    await add(0, `5" ${unique()}`);
    await add(1, `it's ${unique()}`);
    await expectFound(['"'], '"');
    await expectFound(["'"], "'");
    await expectFound(['"'], '"""');
    const owner = owners[0] ?? reader;
    expect((await search(owner, '""')).sort()).toEqual(expected([], 0).sort());
    expect((await search(owner, `'' "" ,`)).sort()).toEqual(expected([], 0).sort());
  });

  it("all forms of the letter sigma are the same", async () => {
    const word = unique("hodos");
    await add(0, `${word} ΟΔΟΣ`);
    await add(1, `${word} οδοσήμανση`);
    await expectFound([word, "ΟΔΟΣ"], `${word} ΟΔΟΣ`);
    await expectFound([word, "οδός"], `${word} οδός`);
    await expectFound([word, "οδος"], `${word} οδος`);
    await expectFound([word, "οδοσ"], `${word} οδοσ`);
  });

  it("an i is the same with and without a dot", async () => {
    const word = unique("city");
    await add(0, `${word} İstanbul`);
    await add(1, `${word} ISPARTA Kırşehir`);
    for (const city of [
      "istanbul",
      "İSTANBUL",
      "ıstanbul",
      "Istanbul",
      "i\u0307stanbul",
      "isparta",
      "kirşehir",
    ])
      await expectFound([word, city], `${word} ${city}`);
    expect(expected([word, "istanbul"], 0)).toHaveLength(1);
    expect(expected([word, "kirşehir"], 1)).toHaveLength(1);
  });

  it("a search distinguishes noncharacters that the index confuses", async () => {
    const word = unique("odd");
    await add(0, `${word}\uffff`);
    await add(1, `${word}\ufffd`);
    for (const last of ["\ufffd", "\ufffe", "\uffff"]) await expectFound([`${word}${last}`]);
  });

  it("a search with a null character is rejected [R51]", async () => {
    for (const caller of [reader, owners[0] ?? reader]) {
      const { status, body } = await caller.get("/accounts/organizations/?search=a%00b");
      expect({ status, body }).toEqual({ status: 400, body: ["Null characters are not allowed."] });
    }
  });

  it("characters that no name can contain are not found", async () => {
    for (const text of ["\u0001\u0001", "\u0001\u0001a", "a\u0001", "\n", "\u0007bell"]) {
      await expectFound([text], quoted(text));
    }
  });
});

it("renamed and deleted accounts are found by their current names only", async () => {
  const owner = await createUser();
  const reader = await createSupportUser();
  const { id, slug } = await createAccount(owner);
  const [title, newTitle, newSlug] = [`"Title of ${slug}"`, unique("Renamed"), unique("other")];
  for (const caller of [owner, reader]) {
    expect(await search(caller, title)).toEqual([id]);
    expect(await search(caller, newTitle)).toEqual([]);
  }
  expect((await owner.patch(`/api/v1/account/${id}`, { title: newTitle, slug: newSlug })).status).toBe(200);
  for (const caller of [owner, reader]) {
    expect(await search(caller, slug)).toEqual([]);
    expect(await search(caller, newTitle.toUpperCase())).toEqual([id]);
    expect(await search(caller, newSlug)).toEqual([id]);
  }
  expect((await owner.delete(`/api/v1/account/${id}`)).status).toBe(204);
  for (const caller of [owner, reader]) expect(await search(caller, newTitle)).toEqual([]);
});
