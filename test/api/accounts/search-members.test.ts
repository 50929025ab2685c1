import { describe, expect, it } from "vitest";

import { type Caller, createUser, type TestAccount, unique, statusAndBody } from "../../support/fixtures.ts";
import {
  createAccountWithOwner,
  joinAccount,
  membersPath,
  noAccess,
  userIdOf,
} from "../../support/members.ts";
const search = (caller: Caller, account: TestAccount, query: string) =>
  caller.get(`${membersPath(account)}/search?query=${encodeURIComponent(query)}`);

/** Returns the names, else addresses, of the members that a search finds. */
async function finds(caller: Caller, account: TestAccount, query: string): Promise<string[]> {
  const answer = await search(caller, account, query);
  expect([query.slice(0, 50), answer.status]).toEqual([query.slice(0, 50), 200]);
  return answer.body.map(({ name, email }: { name: string; email: string }) => name || email);
}

/** Creates an account with members of these names, after an owner without a name. */
async function withNames(...names: string[]): Promise<{ owner: Caller; account: TestAccount }> {
  const { owner, account } = await createAccountWithOwner();
  for (const name of names) await joinAccount(account, "AMEMBER", { name });
  return { owner, account };
}

describe("a search", () => {
  it("the results look like the list, for owners and members", async () => {
    const { owner, account } = await createAccountWithOwner({ name: "Zoe" });
    const { caller: member, id } = await joinAccount(account, "AMEMBER", { name: "Ada Lovelace" });
    const body = [{ id, name: "Ada Lovelace", email: member.email, role: "AMEMBER" }];
    for (const caller of [owner, member]) {
      expect(statusAndBody(await search(caller, account, "love"))).toEqual({ status: 200, body });
    }
  });

  it("a search ignores case, in names and addresses, in joining order", async () => {
    const { owner, account } = await withNames("Ada Lovelace", "Grace Hopper", "LADA");
    expect(await finds(owner, account, "ADA")).toEqual(["Ada Lovelace", "LADA"]);
    expect(await finds(owner, account, "hop")).toEqual(["Grace Hopper"]);
    expect(await finds(owner, account, owner.email.slice(2, -4).toUpperCase())).toEqual([owner.email]);
    expect(await finds(owner, account, "@example.com")).toHaveLength(4);
    expect(await finds(owner, account, "nobody")).toEqual([]);
  });

  it("an empty search finds everybody", async () => {
    const { owner, account } = await withNames("Ada");
    expect(await finds(owner, account, "")).toEqual([owner.email, "Ada"]);
  });

  it("a search matches across the space between first and last name", async () => {
    const { owner, account } = await withNames("Ada Lovelace", "Ada King Lovelace", "Adalove");
    expect(await finds(owner, account, "ada love")).toEqual(["Ada Lovelace"]);
    expect(await finds(owner, account, "A K")).toEqual(["Ada King Lovelace"]);
    expect(await finds(owner, account, "adalove")).toEqual(["Adalove"]);
    expect(await finds(owner, account, "ada  love")).toEqual([]);
  });

  it("spaces are literal", async () => {
    const { owner, account } = await withNames("Ada Lovelace", "Ada");
    expect(await finds(owner, account, "ada ")).toEqual(["Ada Lovelace"]);
    expect(await finds(owner, account, " lovelace")).toEqual(["Ada Lovelace"]);
    expect(await finds(owner, account, " ")).toEqual(["Ada Lovelace"]);
    expect(await finds(owner, account, " ada")).toEqual([]);
  });

  it("a search does not match across address and name", async () => {
    const { owner, account } = await withNames("Ada Lovelace");
    for (const between of ["", " ", "\n", "\u0001\u0001", "\n\u0001\u0001"]) {
      expect(await finds(owner, account, `example.com${between}ada`)).toEqual([]);
      expect(await finds(owner, account, `com${between}ada lovelace`)).toEqual([]);
    }
  });

  it("changed names and addresses are found only by their new values", async () => {
    const { owner, account } = await createAccountWithOwner();
    const { caller } = await joinAccount(account, "AMEMBER", { name: "Old Name" });
    const email = `${unique("renamed")}@example.org`;
    expect((await caller.patch("/api/v1/user", { name: "New Name", email })).status).toBe(200);
    expect(await finds(owner, account, "old")).toEqual([]);
    expect(await finds(owner, account, caller.email)).toEqual([]);
    expect(await finds(owner, account, "new name")).toEqual(["New Name"]);
    expect(await finds(owner, account, email)).toEqual(["New Name"]);
  });

  it("a search never finds another account's members [R4]", async () => {
    const { owner, account } = await withNames("Ada Lovelace");
    const other = await withNames("Ada Byron", "Ada Lovelace");
    expect(await finds(owner, account, "ada")).toEqual(["Ada Lovelace"]);
    expect(await finds(other.owner, other.account, "ada")).toEqual(["Ada Byron", "Ada Lovelace"]);
    expect(statusAndBody(await search(owner, other.account, "ada"))).toEqual(noAccess);
    expect(await finds(owner, account, await userIdOf(owner))).toEqual([]);
  });
});

describe("literal characters", () => {
  const names = [
    "100% Ada",
    "a_b",
    "back\\slash",
    "it's",
    'say "hi"',
    "star*",
    "NEAR(a, b)",
    "-minus",
    "[a-z]",
    "a?c",
    "x^y",
    "{curly}",
    "a'; DROP TABLE users; --",
    "\u{1f9d1}\u{1f3fd}\u200d\u{1f680} Ride",
    "\u6f22\u5b57",
  ];

  it("every special character in a name is found literally", async () => {
    const { owner, account } = await withNames(...names);
    for (const [query, ...expected] of [
      ["%", "100% Ada"],
      ["0%", "100% Ada"],
      ["_", "a_b"],
      ["\\", "back\\slash"],
      ["'", "it's", "a'; DROP TABLE users; --"],
      ['"', 'say "hi"'],
      ['"hi"', 'say "hi"'],
      ["*", "star*"],
      ["near(", "NEAR(a, b)"],
      ["NEAR", "NEAR(a, b)"],
      ["-m", "-minus"],
      ["[a-z]", "[a-z]"],
      ["?", "a?c"],
      ["^", "x^y"],
      ["{curly}", "{curly}"],
      ["'; drop table users; --", "a'; DROP TABLE users; --"],
      ["\u{1f9d1}", "\u{1f9d1}\u{1f3fd}\u200d\u{1f680} Ride"],
      ["\u{1f680} r", "\u{1f9d1}\u{1f3fd}\u200d\u{1f680} Ride"],
      ["\u5b57", "\u6f22\u5b57"],
      ["a%b"],
      ["a*"],
      ["%%"],
      ["_b_"],
      ["a NEAR b"],
      ["a OR b"],
      ["\u{1f600}"],
    ]) {
      expect([query, await finds(owner, account, query ?? "")]).toEqual([query, expected]);
    }
  });

  it("a long run of special characters is found literally", async () => {
    const { owner, account } = await withNames("Ada", "%%%");
    for (const text of ["a", "%", "_", "*", '"', "\\", "\u{1f600}", "a ", "e\u0301"]) {
      expect(await finds(owner, account, text.repeat(10_240 / text.length))).toEqual([]);
    }
  });

  it("control characters find nothing", async () => {
    const { owner, account } = await withNames("Ada Lovelace");
    for (const text of ["\0", "\u0001", "\u0001\u0001", "\n", "\r\n", "\t", "\u001b[", "\u007f", "\u0085"]) {
      for (const query of [text, `${text}ada`, `ada${text}`, `ada${text}lovelace`]) {
        expect(await finds(owner, account, query)).toEqual([]);
      }
    }
  });

  it("bytes that are not UTF-8 find nothing", async () => {
    const { owner, account } = await withNames("Ada");
    for (const raw of ["%ff", "%c3%28", "%ed%a0%80", "%f0%9f", "%"]) {
      const answer = await owner.get(`${membersPath(account)}/search?query=${raw}`);
      expect([raw, statusAndBody(answer)]).toEqual([raw, { status: 200, body: [] }]);
    }
  });

  it("a search folds case beyond ASCII in any normal form", async () => {
    const { owner, account } = await withNames(
      "\u00c9lodie",
      "Ele\u0301onore",
      "\u039f\u03b4\u03c5\u03c3\u03c3\u03b5\u03cd\u03c2",
      "Stra\u00dfe",
      "\u0416\u0430\u043d\u043d\u0430",
    );
    expect(await finds(owner, account, "\u00e9LODIE")).toEqual(["\u00c9lodie"]);
    expect(await finds(owner, account, "E\u0301lodie")).toEqual(["\u00c9lodie"]);
    expect(await finds(owner, account, "e\u0301")).toEqual(await finds(owner, account, "\u00c9"));
    expect(await finds(owner, account, "EL\u00c9ONORE")).toHaveLength(1);
    expect(await finds(owner, account, "\u039f\u0394\u03a5\u03a3\u03a3\u0395\u038e\u03a3")).toHaveLength(1);
    expect(await finds(owner, account, "STRA\u1e9eE")).toEqual(["Stra\u00dfe"]);
    expect(await finds(owner, account, "\u0436\u0410")).toEqual(["\u0416\u0430\u043d\u043d\u0430"]);
    expect(await finds(owner, account, "elodie")).toEqual([]);
  });
});

describe("the query parameter", () => {
  it("a missing query is rejected for everyone", async () => {
    const { owner, account } = await createAccountWithOwner();
    const body = {
      detail: [{ type: "missing", loc: ["query", "query"], msg: "Field required", input: null }],
    };
    for (const caller of [owner, await createUser()]) {
      for (const query of ["", "?", "?q=ada", "?Query=ada"]) {
        const answer = await caller.get(`${membersPath(account)}/search${query}`);
        expect(statusAndBody(answer)).toEqual({ status: 422, body });
      }
    }
  });

  it("the last of two queries counts", async () => {
    const { owner, account } = await withNames("Ada", "Grace");
    const answer = await owner.get(`${membersPath(account)}/search?query=ada&query=grace`);
    expect(answer.body).toMatchObject([{ name: "Grace" }]);
  });
});
