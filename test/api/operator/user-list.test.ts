/** The operator's list of all users. */
import { describe, expect, it } from "vitest";

import { runStatements } from "../../support/database.ts";
import { type Caller, createOperator, createUser, unique, statusAndBody } from "../../support/fixtures.ts";
import { fetchPages, getBody, idOf, operatorPath, userPath, userRefOf } from "../../support/operator.ts";
import { atLeast, atMost, badValue, invalidQuery, notIntegerText } from "../../support/pydantic-errors.ts";

const list = `${operatorPath}/@users`;
const moment = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

/** Creates users who have signed in with these claims. */
async function signedIn(...claims: Record<string, unknown>[]): Promise<{ id: string; caller: Caller }[]> {
  const made = [];
  for (const one of claims) {
    const caller = await createUser(one);
    made.push({ caller, ...(await userRefOf(caller)) });
  }
  return made;
}

describe("the list of users", () => {
  it("the list has every user with all fields, oldest first", async () => {
    const root = await createOperator();
    const word = unique("ada");
    const email = `${word.toUpperCase()}@Example.com`;
    const made = await signedIn(
      {
        email,
        given_name: "Ada",
        family_name: "King Lovelace",
        locale: "de-CH",
        picture: "https://x.example/a.png",
      },
      { email: `${word}@other.example`, email_verified: false },
    );
    const ids = made.map(idOf);
    const items = (await fetchPages(root, `${list}?page_size=100`)).flat();
    expect(items.filter(({ id }) => ids.includes(id))).toEqual([
      {
        id: ids[0],
        name: "Ada King Lovelace",
        first_name: "Ada",
        last_name: "King Lovelace",
        email,
        verified_email: email.toLowerCase(),
        type: "USER",
        groups: [],
        is_active: true,
        language: "DE",
        avatar: "https://x.example/a.png",
        last_login: moment,
        creation_date: moment,
      },
      expect.objectContaining({ id: ids[1], email: `${word}@other.example`, verified_email: null }),
    ]);
    const [rows] = await runStatements(["SELECT uuid FROM users ORDER BY id"]);
    expect(items.map(idOf)).toEqual(rows?.map(({ uuid }) => uuid));
    expect(await getBody(root, userPath({ id: ids[0] ?? "" }))).toEqual(
      items.find(({ id }) => id === ids[0]),
    );
  });

  it("following next returns each user once while users sign in and are deleted", async () => {
    const root = await createOperator();
    await signedIn({}, {}, {}, {}, {});
    const [before] = await runStatements(["SELECT uuid FROM users ORDER BY id"]);
    const pages = await fetchPages(root, `${list}?page_size=2`, async (page) => {
      if (page < 4) await signedIn({});
      if (page === 2) await (await createUser()).delete("/api/v1/user");
    });
    const ids = pages.flat().map(idOf);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.slice(0, before?.length)).toEqual(before?.map(({ uuid }) => uuid));
    const first = await getBody(root, `${list}?page_size=2`);
    const second = await getBody(root, `${list}?page_size=2&page=2`);
    expect(await getBody(root, `${list}?page_size=2&page=${first.next}`)).toEqual(second);
    expect(await getBody(root, `${list}?page=999999999`)).toEqual({ items: [], next: null });
  });

  it("invalid pages and sizes are rejected", async () => {
    const root = await createOperator();
    await signedIn({}, {});
    const { next } = await getBody(root, `${list}?page_size=1`);
    const forged = new TextEncoder().encode('["after","title",5]').toBase64({ alphabet: "base64url" });
    for (const input of ["", "0", "last", `${next}AAAA`, forged])
      expect(statusAndBody(await root.get(`${list}?page=${encodeURIComponent(input)}`))).toEqual(
        invalidQuery("page", input, badValue("Invalid page. Use a page number or the value of `next`.")),
      );
    for (const [input, fault] of [
      ["0", atLeast(1)],
      ["101", atMost(100)],
      ["x", notIntegerText],
    ] as const)
      expect(statusAndBody(await root.get(`${list}?page_size=${input}`))).toEqual(
        invalidQuery("page_size", input, fault),
      );
    expect((await getBody(root, `${list}?page_size=100`)).next).toBeNull();
  });

  it("a search finds every term in address and names, whatever the case, ordered by age", async () => {
    const root = await createOperator();
    const [left, right] = [unique("left"), unique("right")];
    const [byEmail, byName, byLast] = await signedIn(
      { email: `${left}@example.com`, given_name: "Q1" },
      { given_name: left.toUpperCase(), family_name: `O'${right}%_*` },
      { given_name: "Else", family_name: `x${left}` },
    );
    const found = async (search: string) => {
      const pages = await fetchPages(root, `${list}?page_size=2&search=${encodeURIComponent(search)}`);
      return pages.flat().map(idOf);
    };
    const all = [byEmail?.id, byName?.id, byLast?.id];
    for (const search of [left, left.toUpperCase(), `"${left}"`]) expect(await found(search)).toEqual(all);
    for (const search of [`${left} ${right}`, `${right},${left}`, `"${left} `, `${right}%_*`])
      expect([search, await found(search)]).toEqual([search, search.startsWith('"') ? [] : [byName?.id]]);
    expect(await found("q1")).toEqual([byEmail?.id]);
    for (const search of [`${right}_%`, `${left}*`, unique(), `${left} ${unique()}`, "\u0000"])
      expect(await found(search)).toEqual([]);
  });
});
