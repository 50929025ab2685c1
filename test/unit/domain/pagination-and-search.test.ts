import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  decodeCursor,
  encodeCursor,
  makePage,
  type Page,
  type PageRequest,
  pageWindow,
} from "../../../src/domain/pagination.ts";
import { effort } from "../../support/effort.ts";
import { searchTerms, searchText, toIndexedSearch } from "../../../src/domain/search.ts";

type Row = readonly [string, number];

/** Sorted rows, some with equal names. */
const rows = fc
  .array(fc.constantFrom("a", "b", "c"), { maxLength: 40 })
  .map((names) => names.toSorted().map((name, at): Row => [name, at + 1]));
const size = fc.integer({ min: 1, max: 7 });

function before([name, id]: Row, [otherName, otherId]: Row): boolean {
  return name < otherName || (name === otherName && id < otherId);
}

/** Queries a page of rows as the database does. */
function read(all: readonly Row[], request: PageRequest): Page<Row> | undefined {
  const { descending, afterKeys, offset, limit } = pageWindow(request);
  const ordered = descending ? all.toReversed() : all;
  const bound = afterKeys as Row | undefined;
  const found = ordered.filter(
    (row) => bound === undefined || (descending ? before(row, bound) : before(bound, row)),
  );
  return makePage(request, found.slice(offset, offset + limit), all.length, (row) => row);
}

describe("pages", () => {
  it("pages add up to the list by number, by next links and by previous links", () => {
    fc.assert(
      fc.property(rows, size, (all, each) => {
        const pages = Math.max(1, Math.ceil(all.length / each));
        const numbered: Row[] = [];
        for (let page = 1; page <= pages; page += 1)
          numbered.push(...(read(all, { page, size: each })?.rows ?? []));
        expect(numbered).toEqual(all);
        expect(read(all, { page: pages + 1, size: each })).toBeUndefined();

        const forth: Row[] = [];
        let page = read(all, { page: 1, size: each });
        let number = 1;
        for (; page !== undefined; number += 1) {
          forth.push(...page.rows);
          expect(page.count).toBe(all.length);
          expect(page.next?.page).toBe(number < pages ? number + 1 : undefined);
          expect(page.previous?.page).toBe(number > 1 ? number - 1 : undefined);
          if (page.next === undefined) break;
          page = read(all, { ...page.next, size: each });
        }
        expect(forth).toEqual(all);

        const back: Row[] = [];
        for (; page !== undefined;) {
          back.unshift(...page.rows);
          page = page.previous && read(all, { ...page.previous, size: each });
        }
        expect(back).toEqual(all);
      }),
    );
  });

  it("pages include the last page", () => {
    fc.assert(
      fc.property(rows, size, (all, each) => {
        const pages = Math.max(1, Math.ceil(all.length / each));
        const last = read(all, { page: "last", size: each });
        expect(last?.rows).toEqual(read(all, { page: pages, size: each })?.rows);
        expect(last?.next).toBeUndefined();
        expect(last?.previous?.page).toBe(pages > 1 ? pages - 1 : undefined);
        const earlier = last?.previous && read(all, { ...last.previous, size: each });
        if (pages > 1) expect(earlier?.rows).toEqual(read(all, { page: pages - 1, size: each })?.rows);
      }),
    );
  });

  it("pages of an empty list are one empty page", () => {
    for (const page of [1, "last"] as const) {
      expect(read([], { page, size: 5 })).toEqual({
        rows: [],
        count: 0,
        next: undefined,
        previous: undefined,
      });
    }
    expect(read([], { page: 2, size: 5 })).toBeUndefined();
  });

  it("pages read one row more than they show, wherever they start", () => {
    for (const cursor of [
      undefined,
      { direction: "after", keys: ["a", 1] },
      { direction: "before", keys: ["a", 1] },
    ] as const) {
      expect(pageWindow({ page: 3, size: 20, cursor })).toMatchObject({
        limit: 21,
        offset: cursor === undefined ? 40 : 0,
      });
    }
  });
});

describe("a cursor", () => {
  const keys = fc.tuple(fc.string({ unit: "grapheme", maxLength: 100 }), fc.maxSafeNat());

  it("a cursor is decoded to what was encoded", () => {
    fc.assert(
      fc.property(fc.constantFrom("after" as const, "before" as const), keys, (direction, of) => {
        const text = encodeCursor({ direction, keys: of });
        expect(text).toMatch(/^[\w-]+$/);
        expect(decodeCursor(text, ["string", "number"])).toEqual({
          direction,
          keys: of,
        });
        expect(decodeCursor(text, ["number"])).toBeUndefined();
        expect(decodeCursor(text, ["number", "string"])).toBeUndefined();
        expect(decodeCursor(text, ["string", "number", "number"])).toBeUndefined();
      }),
    );
  });

  it("a cursor is validated: any text is either decoded or rejected [R50]", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.base64String(), fc.json()), (text) => {
        const cursor = decodeCursor(text, ["string", "number"]);
        if (cursor === undefined) return;
        expect(["after", "before"]).toContain(cursor.direction);
        expect(cursor.keys.map((key) => typeof key)).toEqual(["string", "number"]);
      }),
      { numRuns: effort(200, 1_000) },
    );
  });
});

// The expected terms are what rest_framework.filters.search_smart_split makes of these texts; but a
// lone quote is there an empty term and here a character, and here no term comes twice.
describe("the terms of a search", () => {
  it.each([
    { search: "", terms: [] },
    { search: " \t\n", terms: [] },
    { search: ",", terms: [] },
    { search: " , ,, ", terms: [] },
    { search: "a", terms: ["a"] },
    { search: "a b", terms: ["a", "b"] },
    { search: "a,b", terms: ["a", "b"] },
    { search: "a, b ,c,,d,", terms: ["a", "b", "c", "d"] },
    { search: "A a \u00c9", terms: ["a", "\u00e9"] },
    { search: "cafe\u0301", terms: ["caf\u00e9"] },
    { search: '"a b"', terms: ["a b"] },
    { search: "'a b'", terms: ["a b"] },
    { search: '"a,b"', terms: ["a,b"] },
    { search: ',"a b",', terms: ["a b"] },
    { search: '"a b","c d"', terms: ['a b","c d'] },
    { search: '"a b" "c d"', terms: ["a b", "c d"] },
    { search: '"a b" c,d', terms: ["a b", "c", "d"] },
    { search: 'x"a b"', terms: ['x"a b"'] },
    { search: 'x"a, b"', terms: ['x"a', 'b"'] },
    { search: '"a b"x', terms: ['"a b"x'] },
    { search: '"a \\"b\\" c"', terms: ['a "b" c'] },
    { search: "'it\\'s'", terms: ["it's"] },
    { search: '"a\\\\b"', terms: ["a\\b"] },
    { search: '"it\'s"', terms: ["it's"] },
    { search: "it's", terms: ["it's"] },
    { search: '"a b', terms: ['"a', "b"] },
    { search: "'", terms: ["'"] },
    { search: '""', terms: [] },
    { search: 'a "" b', terms: ["a", "b"] },
    { search: '" "', terms: [" "] },
    { search: "% _ * \\", terms: ["%", "_", "*", "\\"] },
    { search: "NEAR(a b)", terms: ["near(a", "b)"] },
    { search: "a\u00a0b", terms: ["a", "b"] },
  ])("the terms of a search of $search are $terms", ({ search, terms }) => {
    expect(searchTerms(search)).toEqual(terms);
  });

  it("the terms of a search are split as by Django REST framework, with any quotes and backslashes", () => {
    // Its pattern, which walks to the end of the text from every quote that is not closed.
    const pattern = /[^\s'"]*(?:(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')[^\s'"]*)+|\S+/gsu;
    const splitByPattern = (search: string): string[] => {
      const terms = [...search.matchAll(pattern)].flatMap(([found]) => {
        const word = found.replace(/^,+|,+$/g, "");
        const quote = word[0] ?? "";
        if (word.length < 2 || !`'"`.includes(quote) || !word.endsWith(quote))
          return word.split(",").map((term) => term.trim());
        return [word.slice(1, -1).replaceAll(`\\${quote}`, quote).replaceAll("\\\\", "\\")];
      });
      return [...new Set(terms.filter((term) => term !== ""))];
    };
    const text = fc.string({ unit: fc.constantFrom("a", "b", " ", "'", '"', "\\", ","), maxLength: 24 });
    fc.assert(
      fc.property(text, (search) => {
        expect(new Set(searchTerms(search))).toEqual(new Set(splitByPattern(search)));
      }),
      { numRuns: effort(200, 2_000) },
    );
  });

  it("the terms of a search are found in linear time with many unclosed quotes", () => {
    const search = `+\\'"`.repeat(200_000);
    expect(searchTerms(search)).toEqual([search]);
  });

  it("the terms of a search are distinct, not empty, and match the text they came from", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ab ,\"'\\%_*\t") }), (search) => {
        const terms = searchTerms(search);
        expect(terms).not.toContain("");
        expect(new Set(terms).size).toBe(terms.length);
      }),
      { numRuns: effort(200, 1_000) },
    );
  });
});

describe("a search with the index", () => {
  it("a search with the index has each term as a phrase with doubled quotes, short ones after the start of a field", () => {
    expect(toIndexedSearch(["abc"])).toEqual({ match: '"abc"', rest: [] });
    expect(toIndexedSearch(['a"b"c', "near", "x*"])).toEqual({
      match: '"a""b""c" "near" "\u0001x*"',
      rest: [],
    });
    expect(toIndexedSearch(["a", "\u{1f600}b"])).toEqual({
      match: '"\u0001\u{1f600}b" "\u0001\u0001a"',
      rest: [],
    });
  });

  it("a search with the index cannot match terms that no text contains", () => {
    for (const term of ["a\u0001b", "\0", "a\nb", "\ud800"])
      expect(toIndexedSearch(["abc", term])).toBeUndefined();
  });

  it("a search with the index leaves the shortest of many terms to be checked in each row", () => {
    const terms = Array.from({ length: 20 }, (_, at) => "t".repeat(at + 1));
    const search = toIndexedSearch(terms);
    expect(search?.match.split(" ")).toHaveLength(16);
    expect(search?.rest.toSorted()).toEqual(["\u0001\u0001t", "\u0001tt", "ttt", "tttt"]);
  });

  it("a search with the index separates the fields of a row", () => {
    expect(searchText(["Caf\u00e9", "b c"])).toBe("\u0001\u0001caf\u00e9\n\u0001\u0001b c");
  });
});
