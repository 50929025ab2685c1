import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { runStatements, setAccount } from "../../support/database.ts";
import {
  addMember,
  addToGroup,
  type ApiResponse,
  type Caller,
  createAccount,
  createOperator,
  createUser,
  type TestAccount,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import {
  analystsPath,
  createColleague,
  currentAnalyst,
  type UserBody,
  userPath,
  usersPath,
} from "../../support/organization-users.ts";
import { createKnownUser, createMember, invalidPage } from "../../support/organizations.ts";

const uuids = (answer: ApiResponse): string[] => answer.body.results.map(({ uuid }: UserBody) => uuid);

async function ownerOf(): Promise<{ owner: Caller; account: TestAccount }> {
  const owner = await createKnownUser();
  const account = await createAccount(owner);
  await setAccount(account, { max_users: 1_000 });
  return { owner, account };
}

describe("the list of users", () => {
  it("the list holds the caller and the users of accounts that the caller owns, once each, by id", async () => {
    const { owner, account } = await ownerOf();
    const second = await createAccount(owner);
    const foreign = await ownerOf();
    await addMember(foreign.account, owner);
    await createColleague([foreign.account]);
    await createColleague([]);
    const shared = await createColleague([account, second]);
    const beside = await createColleague([second, foreign.account]);
    const member = await currentAnalyst(await createMember(account));
    const me = await currentAnalyst(owner);
    const answer = await owner.get(usersPath);
    expect(answer.body).toMatchObject({ count: 4, next: null, previous: null });
    expect(uuids(answer)).toEqual([me.uuid, shared.uuid, beside.uuid, member.uuid]);
    expect(answer.body.results[0]).toEqual(me);
    expect(answer.body.results[3]).toEqual(member);
    expect(answer.body.results[1]).toEqual((await owner.get(userPath(shared.uuid))).body);
  });

  it("members and callers who own nothing see only themselves", async () => {
    const { account } = await ownerOf();
    const metering = await createUser();
    await addToGroup(metering, 2);
    for (const caller of [await createMember(account), await createUser(), metering]) {
      expect(statusAndBody(await caller.get(usersPath))).toEqual({
        status: 200,
        body: { count: 1, next: null, previous: null, results: [await currentAnalyst(caller)] },
      });
    }
  });

  it("callers with users:read see everybody", async () => {
    const { account } = await ownerOf();
    const { email, uuid } = await createColleague([account]);
    const free = await createColleague([]);
    for (const group of [1, 3, undefined] as const) {
      const caller = group === undefined ? await createOperator() : await createUser();
      if (group !== undefined) await addToGroup(caller, group);
      expect(uuids(await caller.get(`${usersPath}?search=${email}`))).toEqual([uuid]);
      expect(uuids(await caller.get(`${usersPath}?search=${free.email}`))).toEqual([free.uuid]);
      const all = await caller.get(`${usersPath}?page=last&page_size=100`);
      const [rows] = await runStatements(["SELECT count(*) AS count, max(id) AS latest FROM users"]);
      expect(all.body.count).toBe(rows?.[0]?.["count"]);
      expect(all.body.results.at(-1).id).toBe(rows?.[0]?.["latest"]);
    }
  });

  it("the list shows deactivated users and no deleted ones", async () => {
    const { owner } = await ownerOf();
    const [stays, goes] = [(await owner.post(usersPath, {})).body, (await owner.post(usersPath, {})).body];
    await owner.patch(userPath(stays.uuid), { is_active: false });
    await owner.delete(userPath(goes.uuid));
    const answer = await owner.get(usersPath);
    expect(answer.body.count).toBe(2);
    expect(answer.body.results[1]).toEqual({ ...stays, is_active: false });
  });

  it.each(["0", "-1", "abc", "99", "1.5"])("page %s of the users does not exist", async (page) => {
    const { owner } = await ownerOf();
    for (const path of [usersPath, analystsPath])
      expect(statusAndBody(await owner.get(`${path}?page=${page}`))).toEqual({
        status: 404,
        body: invalidPage,
      });
  });

  it("the list rejects foreign cursors", async () => {
    const { owner } = await ownerOf();
    for (let made = 0; made < 2; made += 1) await createAccount(owner);
    const { next } = (await owner.get("/accounts/organizations/?page_size=1")).body;
    const foreign = String(new URL(String(next)).searchParams.get("cursor"));
    for (const cursor of [foreign, "nonsense", "W10", "bnVsbA"]) {
      for (const path of [usersPath, analystsPath])
        expect(statusAndBody(await owner.get(`${path}?cursor=${encodeURIComponent(cursor)}`))).toEqual({
          status: 404,
          body: invalidPage,
        });
    }
  });

  it("page links keep the query", async () => {
    const { owner } = await ownerOf();
    for (let made = 0; made < 2; made += 1) await owner.post(usersPath, { first_name: "Linked" });
    const first = await owner.get(`${usersPath}?search=linked&page_size=1`);
    expect(first.body.previous).toBeNull();
    expect(first.body.next).toMatch(
      /^https:\/\/roster\.test\/accounts\/users\/\?cursor=[^&]+&page=2&page_size=1&search=linked$/,
    );
    const next = await owner.get(first.body.next);
    expect(next.body).toMatchObject({ count: 2, next: null });
    expect(next.body.previous).not.toContain("page=");
  });
});

describe.each([
  { name: "an owner", searcher: (owner: Caller) => Promise.resolve(owner) },
  { name: "the operator", searcher: () => createOperator() },
])("the search of $name", ({ searcher }) => {
  it("a search finds every term literally in e-mail or names, ignoring case", async () => {
    const { owner } = await ownerOf();
    const caller = await searcher(owner);
    const word = unique("w");
    const make = async (fields: object): Promise<string> => (await owner.post(usersPath, fields)).body.uuid;
    const ada = await make({ email: `Ada.${word}@Example.com`, first_name: "Ada", last_name: `L${word}` });
    const bob = await make({ email: `bob_${word}@example.com`, first_name: "Bob's", last_name: "100%" });
    const eve = await make({ email: `e.${word}@example.org`, first_name: "\u00c9ve", last_name: 'q"u*o' });
    const find = async (search: string) => {
      const answer = await caller.get(`${usersPath}?search=${encodeURIComponent(`${word} ${search}`)}`);
      expect(answer.body.count).toBe(answer.body.results.length);
      return uuids(answer);
    };
    expect(await find("")).toEqual([ada, bob, eve]);
    expect(await find("ADA")).toEqual([ada]);
    expect(await find(`ada,l${word}`)).toEqual([ada]);
    expect(await find("example.com")).toEqual([ada, bob]);
    expect(await find("example bob")).toEqual([bob]);
    expect(await find("ada bob")).toEqual([]);
    expect(await find("\u00e9ve")).toEqual([eve]);
    expect(await find("%example")).toEqual([]);
    expect(await find("bob_w")).toEqual([bob]);
    expect(await find("ada_w")).toEqual([]);
    expect(await find("100%")).toEqual([bob]);
    expect(await find('"e.w"')).toEqual([eve]);
    expect(await find("*example")).toEqual([]);
    expect(await find("NEAR")).toEqual([]);
    expect(await find("qu*o")).toEqual([]);
    expect(await find("u*o")).toEqual([eve]);
    // No term matches across two fields.
    expect(await find("com\nada")).toEqual([ada]);
    expect(await find('"com ada"')).toEqual([]);
    expect(await find("adal")).toEqual([]);
  });

  it("a search does not match across e-mail and names", async () => {
    const { owner, account } = await ownerOf();
    const caller = await searcher(owner);
    const [first, last] = [unique("f"), unique("l")];
    const { uuid } = (await owner.post(usersPath, { first_name: first, last_name: last })).body;
    const separated = ["\u0001", "\n", `\u0001\u0001${first}`, `${first}\n\u0001\u0001${last}`];
    for (const list of [usersPath, analystsPath, `${analystsPath}?organization=${account.slug}`]) {
      const find = async (term: string) => {
        const search = encodeURIComponent(`"${term}" ${first}`);
        return (await caller.get(`${list}${list.includes("?") ? "&" : "?"}search=${search}`)).body.count;
      };
      expect(await find(last)).toBe(1);
      for (const term of separated) expect([term, await find(term)]).toEqual([term, 0]);
    }
    expect(uuids(await caller.get(`${usersPath}?search=${first}`))).toEqual([uuid]);
  });

  it("a search follows edits and deletions", async () => {
    const { owner } = await ownerOf();
    const caller = await searcher(owner);
    const [before, after, mail] = [unique("before"), unique("after"), unique("mail")];
    const { uuid } = (await owner.post(usersPath, { first_name: before })).body;
    const find = async (term: string) => uuids(await caller.get(`${usersPath}?search=${term}`));
    expect(await find(before)).toEqual([uuid]);
    await owner.patch(userPath(uuid), { first_name: after });
    expect([await find(before), await find(after)]).toEqual([[], [uuid]]);
    await owner.patch(userPath(uuid), { email: `${mail}@example.com`, first_name: "" });
    expect([await find(after), await find(mail)]).toEqual([[], [uuid]]);
    await owner.delete(userPath(uuid));
    expect(await find(mail)).toEqual([]);
  });
});

it("an owner's search finds no users of other tenants [R4]", async () => {
  const { email } = await createColleague([(await ownerOf()).account]);
  const { owner } = await ownerOf();
  expect((await owner.get(`${usersPath}?search=${email}`)).body).toEqual({
    count: 0,
    next: null,
    previous: null,
    results: [],
  });
});

/** A change between two pages. `at` picks the user by age. */
type Event =
  | { readonly kind: "insert" }
  | { readonly kind: "edit"; readonly at: number }
  | { readonly kind: "delete"; readonly at: number };

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant("insert" as const) }),
  fc.record({ kind: fc.constant("edit" as const), at: fc.nat(50) }),
  fc.record({ kind: fc.constant("delete" as const), at: fc.nat(50) }),
);

const steps = fc.record({
  size: fc.integer({ min: 1, max: 5 }),
  count: fc.integer({ min: 0, max: 12 }),
  forth: fc.array(fc.array(event, { maxLength: 3 }), { maxLength: 8 }),
  searched: fc.boolean(),
});

interface Walked {
  readonly seen: string[];
  readonly there: string[];
  readonly last: string;
}

/** Walks a list by `next` while users are added and deleted; `nameOf` returns a row's user. */
async function walk(
  path: string,
  { size, count, forth, searched }: { size: number; count: number; forth: Event[][]; searched: boolean },
): Promise<Walked & { before: string[]; caller: Caller }> {
  const { owner } = await ownerOf();
  const word = unique("walk");
  const present: string[] = [];
  const insert = async () => present.push((await owner.post(usersPath, { first_name: word })).body.uuid);
  for (let made = 0; made < count; made += 1) await insert();
  const before = [...present];
  const seen: string[] = [];
  let link = `${path}?page_size=${size}${searched ? `&search=${word}` : ""}`;
  const rest = forth.values();
  for (let page = 0; page < 100; page += 1) {
    const answer = await owner.get(link);
    expect(answer.status).toBe(200);
    expect(answer.body.count).toBe(present.length + (searched ? 0 : 1));
    expect(answer.body.results.length).toBeLessThanOrEqual(size);
    for (const one of answer.body.results) seen.push(one.uuid ?? one.user.uuid);
    if (answer.body.next === null) return { seen, there: present, before, last: link, caller: owner };
    link = answer.body.next;
    for (const happens of rest.next().value ?? []) {
      if (happens.kind === "insert") await insert();
      else {
        const at = happens.at % Math.max(1, present.length);
        const uuid = present[at];
        if (uuid === undefined) continue;
        if (happens.kind === "edit") {
          expect((await owner.patch(userPath(uuid), { last_name: unique("edited") })).status).toBe(200);
        } else {
          expect((await owner.delete(userPath(uuid))).status).toBe(204);
          present.splice(at, 1);
        }
      }
    }
  }
  throw new Error("The walk does not end");
}

describe.each([usersPath, analystsPath])("walking %s by next", (path) => {
  it("walking by next shows every remaining row exactly once [R52]", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (chosen) => {
        const { seen, there, before } = await walk(path, chosen);
        expect(new Set(seen).size).toBe(seen.length);
        expect(before.filter((uuid) => there.includes(uuid) && !seen.includes(uuid))).toEqual([]);
      }),
      { numRuns: 12 },
    );
  });

  it("walking forward and back by previous gives the whole list", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (chosen) => {
        const { seen, there, last, caller } = await walk(path, { ...chosen, forth: [] });
        const expected = chosen.searched ? there : [seen[0], ...there];
        expect(seen).toEqual(expected);
        const back: string[] = [];
        for (let link: string | null = last; link !== null;) {
          const answer: ApiResponse = await caller.get(link);
          const page = answer.body.results.map(
            (one: UserBody & { user?: UserBody }) => one.user?.uuid ?? one.uuid,
          );
          back.unshift(...page);
          link = answer.body.previous;
        }
        expect(back).toEqual(expected);
      }),
      { numRuns: 5 },
    );
  });
});
