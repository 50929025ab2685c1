/** The operator reads accounts. */
import { describe, expect, it } from "vitest";

import { certificate } from "../../support/certificates.ts";
import { setAccount } from "../../support/database.ts";
import {
  addMember,
  createAccount,
  createOperator,
  createUser,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import {
  accountPath,
  createTitledAccounts,
  fetchPages,
  getBody,
  idOf,
  newAccountBody,
  noAccount,
  operatorPath,
} from "../../support/operator.ts";
import { atLeast, atMost, badValue, invalidQuery, notIntegerText } from "../../support/pydantic-errors.ts";

const list = `${operatorPath}/@accounts`;
const noPage = badValue("Invalid page. Use a page number or the value of `next`.");

function cursor(...parts: unknown[]): string {
  return new TextEncoder()
    .encode(JSON.stringify(parts))
    .toBase64({ alphabet: "base64url", omitPadding: true });
}

describe("the list of accounts", () => {
  it("the list has every account with all fields, ordered by title and then by age", async () => {
    const root = await createOperator();
    const word = unique("Order");
    const [b, second, first, c] = await createTitledAccounts(
      `${word} b`,
      `${word} A`,
      `${word} a`,
      `${word} C`,
    );
    const items = (await fetchPages(root, `${list}?page_size=100`)).flat();
    const mine = items.filter(({ title }) => title.startsWith(word));
    expect(mine).toEqual([second, first, b, c].map((account) => account && newAccountBody(account)));
    const keys: string[] = items.map(({ title }) => title.toLowerCase());
    for (const [at, key] of keys.entries()) expect(key >= (keys[at - 1] ?? "")).toBe(true);
    expect(new Set(items.map(idOf)).size).toBe(items.length);
  });

  it("an account has all settings that operators can change", async () => {
    const root = await createOperator();
    const owner = await createUser();
    const account = await createAccount(owner, {
      description: "Why",
      email: "ada@example.com",
      zone: "us-1",
    });
    await addMember(account, await createUser());
    const saml = {
      domain: "acme.example",
      sso_url: "https://idp.acme.example/sso",
      entity_id: "acme",
      x509_cert: certificate,
    };
    await owner.patch(`/api/v1/account/${account.id}`, { saml });
    const month = new Date();
    await setAccount(account, {
      usage: 7,
      usage_period: Date.UTC(month.getUTCFullYear(), month.getUTCMonth()),
      current_kbs: 2,
    });
    const expected = {
      ...newAccountBody(account),
      description: "Why",
      email: "ada@example.com",
      zone: "us-1",
      current_users: 2,
      current_kbs: 2,
      current_usage: 7,
      domain: saml.domain,
      saml_entity_id: saml.entity_id,
      saml_sso_url: saml.sso_url,
      saml_x509_cert: certificate,
    };
    const body = await getBody(root, `${list}?search=${account.slug}`);
    expect(body).toEqual({ items: [expected], next: null });
    expect(await getBody(root, accountPath(account))).toEqual(expected);
    await setAccount(account, { usage_period: 0 });
    expect(await getBody(root, accountPath(account))).toEqual({ ...expected, current_usage: 0 });
  });

  it("a page has 20 accounts by default, and 1 to 100 on request", async () => {
    const root = await createOperator();
    await createTitledAccounts(...Array.from({ length: 21 }, () => unique("size")));
    for (const [query, size] of [
      ["", 20],
      ["?page_size=1", 1],
      ["?page_size=21", 21],
    ] as const) {
      const { items, next } = await getBody(root, list + query);
      expect([items.length, typeof next]).toEqual([size, "string"]);
    }
    expect((await root.get(`${list}?page_size=100`)).status).toBe(200);
    for (const input of ["0", "-1", "-100"])
      expect(statusAndBody(await root.get(`${list}?page_size=${input}`))).toEqual(
        invalidQuery("page_size", input, atLeast(1)),
      );
    for (const input of ["101", "1000000"])
      expect(statusAndBody(await root.get(`${list}?page_size=${input}`))).toEqual(
        invalidQuery("page_size", input, atMost(100)),
      );
    for (const input of ["", "ten", "1.5", "1e1"])
      expect(statusAndBody(await root.get(`${list}?page_size=${input}`))).toEqual(
        invalidQuery("page_size", input, notIntegerText),
      );
  });

  it("following next returns each account once while accounts are added before and after", async () => {
    const root = await createOperator();
    const word = unique("walk");
    const there = await createTitledAccounts(...Array.from({ length: 9 }, (_, at) => `${word} ${at}`));
    const pages = await fetchPages(root, `${list}?page_size=2`, async (page) => {
      if (page < 20)
        await createTitledAccounts(`0 before everything ${page}`, `${word} ${page}+`, `zzz behind ${page}`);
    });
    for (const page of pages.slice(0, -1)) expect(page).toHaveLength(2);
    const ids = pages.flat().map(idOf);
    expect(new Set(ids).size).toBe(ids.length);
    const mine = new Set(there.map(idOf));
    expect(ids.filter((id) => mine.has(id))).toEqual(there.map(idOf));
  });

  it("pages continue within accounts of the same title and after a deleted account", async () => {
    const root = await createOperator();
    const title = unique("twin");
    const twins = await createTitledAccounts(title, title, title, title, title);
    const [first] = twins;
    const pages = await fetchPages(root, `${list}?page_size=1`, async (_page, items) => {
      if (items[0]?.id === first?.id) await root.delete(`/api/v1/account/${first?.id}`);
    });
    expect((await root.get(`/api/v1/account/${first?.id}`)).status).toBe(404);
    const ids = new Set(twins.map(idOf));
    expect(
      pages
        .flat()
        .map(idOf)
        .filter((id) => ids.has(id)),
    ).toEqual(twins.map(idOf));
  });

  it("pages can be numbered; the first is the default, and pages after the end are empty", async () => {
    const root = await createOperator();
    await createTitledAccounts(...Array.from({ length: 5 }, () => unique("numbered")));
    const first = await getBody(root, `${list}?page_size=2`);
    expect(await getBody(root, `${list}?page=1&page_size=2`)).toEqual(first);
    const second = await getBody(root, `${list}?page=2&page_size=2`);
    expect(second.items).toHaveLength(2);
    expect(await getBody(root, `${list}?page=${first.next}&page_size=2`)).toEqual(second);
    expect(await getBody(root, `${list}?page=999999999&page_size=100`)).toEqual({ items: [], next: null });
  });

  it.each([
    "",
    "0",
    "-1",
    "1.5",
    "1e3",
    "last",
    "9999999999",
    "AAAA",
    cursor("after", 5),
    cursor("before", "title", 5),
    cursor("after", "title", 5, 5),
    cursor("after", "title", -1),
    cursor("after", "title", "5"),
    cursor("sideways", "title", 5),
    cursor({ after: 5 }),
  ])("the page %j is rejected [R50]", async (input) => {
    const root = await createOperator();
    expect(statusAndBody(await root.get(`${list}?page=${input}`))).toEqual(
      invalidQuery("page", input, noPage),
    );
  });

  it("all errors in a query are reported together", async () => {
    const answer = await (await createOperator()).get(`${list}?page=none&page_size=0`);
    expect(statusAndBody(answer)).toEqual({
      status: 422,
      body: {
        detail: [
          { ...noPage, loc: ["query", "page"], input: "none" },
          { ...atLeast(1), loc: ["query", "page_size"], input: "0" },
        ],
      },
    });
  });
});

describe("one account", () => {
  it("an account is found by slug in any case and by id in any spelling", async () => {
    const root = await createOperator();
    const account = await createAccount(await createUser());
    const { id, slug } = account;
    for (const name of [
      slug,
      slug.toUpperCase(),
      id,
      id.toUpperCase(),
      id.replaceAll("-", ""),
      `urn:uuid:${id}`,
    ]) {
      expect([name, await getBody(root, `${operatorPath}/@account/${name}`)]).toEqual([
        name,
        newAccountBody(account),
      ]);
    }
  });

  it("an unknown account is 404 for every operation", async () => {
    const root = await createOperator();
    for (const name of [unique("nobody"), crypto.randomUUID(), "a b", "%00", "%E2%9C%93"]) {
      const path = `${operatorPath}/@account/${name}`;
      const missing = { status: 404, body: noAccount };
      expect(statusAndBody(await root.get(path))).toEqual(missing);
      expect(statusAndBody(await root.patch(path, { max_users: 5 }))).toEqual(missing);
      expect(statusAndBody(await root.patch(path, {}, { headers: { "If-Match": '"1-0"' } }))).toEqual(
        missing,
      );
      expect(statusAndBody(await root.patch(`${path}/blocking_status`, {}))).toEqual(missing);
    }
  });
});
