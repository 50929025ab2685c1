import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type ApiResponse, type Caller, createAccount, createUser, unique } from "../../support/fixtures.ts";
import { organizationsPath } from "../../support/organizations.ts";

/** A change between two pages. `at` picks the organization by age. */
type Event =
  | { readonly kind: "insert"; readonly title: string }
  | { readonly kind: "rename"; readonly title: string; readonly at: number }
  | { readonly kind: "delete"; readonly at: number }
  | { readonly kind: "nothing" };

// Few letters, so that names are often equal and fall before, after and between rows of a page.
const title = fc.constantFrom("a", "A", "b", "B", "c", "\u00e9", "d");
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant("insert" as const), title }),
  fc.record({ kind: fc.constant("rename" as const), title, at: fc.nat(50) }),
  fc.record({ kind: fc.constant("delete" as const), at: fc.nat(50) }),
  fc.record({ kind: fc.constant("nothing" as const) }),
);

interface Listed {
  readonly uuid: string;
  readonly name: string;
}

/** The expected organizations of a caller. */
class Model {
  readonly caller: Caller;
  readonly #word: string;
  /** In creation order. */
  readonly rows: Listed[] = [];
  readonly renamed = new Set<string>();

  constructor(caller: Caller, word: string) {
    this.caller = caller;
    this.#word = word;
  }

  async apply(happens: Event): Promise<void> {
    if (happens.kind === "nothing") return;
    if (happens.kind === "insert") {
      const name = `${happens.title} ${this.#word}`;
      const { id } = await createAccount(this.caller, { title: name });
      this.rows.push({ uuid: id, name });
      return;
    }
    const at = happens.at % Math.max(1, this.rows.length);
    const row = this.rows[at];
    if (row === undefined) return;
    const path = `${organizationsPath}${row.uuid}/`;
    if (happens.kind === "delete") {
      requireStatus(await this.caller.delete(path), 204);
      this.rows.splice(at, 1);
    } else {
      const name = `${happens.title} ${this.#word}`;
      requireStatus(await this.caller.patch(path, { name }), 200);
      this.rows[at] = { uuid: row.uuid, name };
      this.renamed.add(row.uuid);
    }
  }

  ordered(searched: boolean): string[] {
    const rows = searched ? this.rows : this.rows.toSorted((left, right) => compare(left.name, right.name));
    return rows.map(({ uuid }) => uuid);
  }
}

function requireStatus({ status, text }: ApiResponse, wanted: number): void {
  if (status !== wanted) throw new Error(`${status} instead of ${wanted}: ${text}`);
}

/** Orders by code point ignoring case; equal names by age. */
function compare(left: string, right: string): number {
  const [a, b] = [left.toLowerCase(), right.toLowerCase()];
  return a < b ? -1 : a > b ? 1 : 0;
}

interface Walk {
  readonly seen: string[];
  /** The link of the last page. */
  readonly last: string;
}

/** Follows one kind of link to its end while changes happen. */
async function walk(
  model: Model,
  from: string,
  kind: "next" | "previous",
  size: number,
  events: Iterator<Event>,
): Promise<Walk> {
  const seen: string[] = [];
  let link = from;
  for (let step = 0; step < 100; step += 1) {
    const page = await model.caller.get(link);
    requireStatus(page, 200);
    expect(page.body.count).toBe(model.rows.length);
    expect(page.body.results.length).toBeLessThanOrEqual(size);
    const uuids = page.body.results.map(({ uuid }: Listed) => uuid);
    seen.push(...(kind === "next" ? uuids : uuids.toReversed()));
    const following: string | null = page.body[kind];
    if (following === null) return { seen, last: link };
    link = following;
    const happens = events.next();
    if (happens.done !== true) await model.apply(happens.value);
  }
  throw new Error("The walk does not end");
}

/** Asserts that unmoved rows are seen at most once, and remaining ones exactly once. */
function expectWhole(walked: Walk, before: readonly Listed[], model: Model, searched: boolean): void {
  const moved = searched ? new Set<string>() : model.renamed;
  const seen = walked.seen.filter((uuid) => !moved.has(uuid));
  const twice = seen.filter((uuid, at) => seen.indexOf(uuid) !== at);
  const throughout = before.filter(
    ({ uuid }) => model.rows.some((row) => row.uuid === uuid) && !moved.has(uuid),
  );
  const missed = throughout.filter(({ uuid }) => !seen.includes(uuid));
  expect({ twice, missed }).toEqual({ twice: [], missed: [] });
}

const run = fc.record({
  size: fc.integer({ min: 1, max: 7 }),
  titles: fc.array(title, { minLength: 0, maxLength: 11 }),
  forth: fc.array(event, { maxLength: 8 }),
  back: fc.array(event, { maxLength: 8 }),
  searched: fc.boolean(),
});

interface Prepared {
  readonly model: Model;
  readonly start: string;
}

async function prepare({
  titles,
  searched,
  size,
}: {
  titles: string[];
  searched: boolean;
  size: number;
}): Promise<Prepared> {
  const word = unique("walk");
  const model = new Model(await createUser(), word);
  for (const each of titles) await model.apply({ kind: "insert", title: each });
  return { model, start: `${organizationsPath}?page_size=${size}${searched ? `&search=${word}` : ""}` };
}

const nothing: Event[] = [];

describe("walking pages", () => {
  it("all pages together are the whole list, forward and backward", async () => {
    await fc.assert(
      fc.asyncProperty(run, async (chosen) => {
        const { model, start } = await prepare(chosen);
        const expected = model.ordered(chosen.searched);
        const forth = await walk(model, start, "next", chosen.size, nothing.values());
        expect(forth.seen).toEqual(expected);
        const back = await walk(model, forth.last, "previous", chosen.size, nothing.values());
        expect(back.seen.toReversed()).toEqual(expected);
      }),
      { numRuns: 5 },
    );
  });

  it("walking by next shows every remaining row exactly once, whatever changes in between [R52]", async () => {
    await fc.assert(
      fc.asyncProperty(run, async (chosen) => {
        const { model, start } = await prepare(chosen);
        const before = [...model.rows];
        const forth = await walk(model, start, "next", chosen.size, chosen.forth.values());
        expectWhole(forth, before, model, chosen.searched);
      }),
      { numRuns: 8 },
    );
  });

  it("previous leads back to the first page, whatever changed in between", async () => {
    await fc.assert(
      fc.asyncProperty(run, async (chosen) => {
        const { model, start } = await prepare(chosen);
        const { last } = await walk(model, start, "next", chosen.size, chosen.forth.values());
        const back = await walk(model, last, "previous", chosen.size, chosen.back.values());
        const first = await model.caller.get(start);
        const end = await model.caller.get(back.last);
        if (!back.last.includes("cursor=")) expect(end.body).toEqual(first.body);
        expect(end.body.previous).toBeNull();
      }),
      { numRuns: 8 },
    );
  });

  it("a page whose rows were all deleted links back to remaining rows", async () => {
    const { model, start } = await prepare({ titles: ["a", "b", "c", "d", "e"], searched: false, size: 2 });
    const second = await model.caller.get((await model.caller.get(start)).body.next);
    for (const at of [4, 3, 2]) await model.apply({ kind: "delete", at });
    const empty = await model.caller.get(second.body.next);
    expect(empty.status).toBe(200);
    expect(empty.body).toMatchObject({ count: 2, next: null, results: [] });
    const back = await walk(model, empty.body.previous, "previous", 2, nothing.values());
    expect(back.seen.toReversed()).toEqual(model.ordered(false));
  });
});
