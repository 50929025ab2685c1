/** The operator's search of accounts. */
import { describe, expect, it } from "vitest";

import { createAccount, createOperator, createUser, unique, statusAndBody } from "../../support/fixtures.ts";
import { createTitledAccounts, fetchPages, getBody, idOf, operatorPath } from "../../support/operator.ts";
import { badValue, invalidQuery } from "../../support/pydantic-errors.ts";

const list = `${operatorPath}/@accounts`;
const noPage = badValue("Invalid page. Use a page number or the value of `next`.");

/** Returns the ids that the operator's search finds, in order. */
async function found(search: string): Promise<string[]> {
  const body = await getBody(
    await createOperator(),
    `${list}?page_size=100&search=${encodeURIComponent(search)}`,
  );
  expect(body.next).toBeNull();
  return body.items.map(idOf);
}

describe("a search of accounts", () => {
  it("a search finds every term in title or slug, whatever the case", async () => {
    const [left, right] = [unique("left"), unique("right")];
    const owner = await createUser();
    const byTitle = await createAccount(owner, { title: `${right} of ${left.toUpperCase()}` });
    const bySlug = await createAccount(owner, { slug: `x-${left}-x`, title: "Else" });
    expect(await found(left)).toEqual([byTitle.id, bySlug.id]);
    expect(await found(left.toUpperCase())).toEqual([byTitle.id, bySlug.id]);
    expect(await found(`${left}, ${right}`)).toEqual([byTitle.id]);
    expect(await found(`"${right} of"`)).toEqual([byTitle.id]);
    expect(await found(`${left} ${unique()}`)).toEqual([]);
  });

  it("a search takes special characters literally", async () => {
    const word = unique("sign");
    const titles = ["%x", "_x", "*x", "\\x", '"x', "'x", "(x)", ":x", "^x", "-x", "é😀"].map(
      (end) => word + end,
    );
    const made = await createTitledAccounts(...titles);
    for (const [at, title] of titles.entries())
      expect([title, await found(title)]).toEqual([title, [made[at]?.id]]);
    const [near] = await createTitledAccounts(`NEAR ${word} NOT x`);
    expect(await found(`NEAR ${word} NOT`)).toEqual([near?.id]);
    for (const search of [`${word}?`, `${word}%%`, `${word}\u0000`, `\u0000`])
      expect(await found(search)).toEqual([]);
  });

  it("a search finds terms under three characters only at the beginning of title or slug", async () => {
    const owner = await createUser();
    const byTitle = await createAccount(owner, { title: `Qx${unique()}` });
    const bySlug = await createAccount(owner, { slug: `qx${unique()}`, title: "Else" });
    const inside = await createAccount(owner, { title: `a qx${unique()}`, slug: `a-qx${unique()}` });
    expect(await found("qx")).toEqual([byTitle.id, bySlug.id]);
    expect(await found("Q")).toEqual([byTitle.id, bySlug.id]);
    expect(await found(`qx ${byTitle.title.slice(2)}`)).toEqual([byTitle.id]);
    expect(await found(`qx ${inside.title.slice(2)}`)).toEqual([]);
  });

  it("results are ordered by age and paginated", async () => {
    const root = await createOperator();
    const word = unique("aged");
    const made = await createTitledAccounts(`${word} c`, `${word} a`, `${word} b`, `${word} a`, `${word} 0`);
    const pages = await fetchPages(root, `${list}?page_size=2&search=${word}`);
    expect(pages.map((page) => page.map(idOf))).toEqual(
      [made.slice(0, 2), made.slice(2, 4), made.slice(4)].map((page) => page.map(idOf)),
    );
  });

  it("cursors of the list and of a search are not interchangeable", async () => {
    const root = await createOperator();
    const word = unique("both");
    await createTitledAccounts(word, word);
    const { next: searched } = await getBody(root, `${list}?page_size=1&search=${word}`);
    const { next: listed } = await getBody(root, `${list}?page_size=1`);
    expect(statusAndBody(await root.get(`${list}?page=${searched}`))).toEqual(
      invalidQuery("page", searched, noPage),
    );
    expect(statusAndBody(await root.get(`${list}?page=${listed}&search=${word}`))).toEqual(
      invalidQuery("page", listed, noPage),
    );
  });
});
