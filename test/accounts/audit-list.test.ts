/** Reading the history of an account. */
import { describe, expect, it } from "vitest";

import { Counter } from "../counting.ts";
import { atLeast, atMost, badValue, noIntegerText, wrongQuery } from "../faults.ts";
import { answered, makeMember } from "../organizations/requests.ts";
import { addToGroup, makeAccount, operator, someone, stranger } from "../world.ts";
import { auditOf, page, storeRows, uuidOf, walk } from "./history.ts";

const noRole = { detail: "You do not have the role this operation needs" };

async function start() {
  const owner = await someone();
  return { owner, account: await makeAccount(owner) };
}

describe("the history of an account", () => {
  it("has the newest first, with these fields", async () => {
    const { owner, account } = await start();
    const changed = await owner.patch(`/api/v1/account/${account.slug}`, { title: "New" });
    const { items, next } = await page(owner, account);
    const actor = await uuidOf(owner);
    expect(next).toBeNull();
    expect(items).toEqual([
      {
        id: expect.any(Number),
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        actor,
        action: "account.updated",
        target: `account:${account.id}`,
        changes: { title: [account.title, "New"] },
        request_id: changed.headers.get("X-Request-Id"),
      },
      expect.objectContaining({ actor, action: "account.created", target: `account:${account.id}` }),
    ]);
  });

  it("is found by the account's slug in any case and by its id", async () => {
    const { owner, account } = await start();
    for (const name of [account.slug.toUpperCase(), account.id, account.id.replaceAll("-", "")]) {
      const answer = await owner.get(`/api/v1/account/${name}/audit`);
      expect([answer.status, answer.body.items.length]).toEqual([200, 1]);
    }
  });

  it("comes 20 a page unless told, up to 100", async () => {
    const { owner, account } = await start();
    await storeRows(account, 150);
    expect((await page(owner, account)).items).toHaveLength(20);
    for (const limit of [1, 7, 20, 99, 100]) {
      expect((await page(owner, account, { limit })).items).toHaveLength(limit);
    }
  });

  it.each([1, 2, 3, 10, 50, 51, 52, 100])("is walked to its end in pages of %d", async (limit) => {
    const { owner, account } = await start();
    await storeRows(account, 50);
    const pages = await walk(owner, account, { limit });
    expect(pages).toHaveLength(Math.ceil(51 / limit));
    const ids = pages.flat().map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted((left, right) => right - left));
    expect(new Set(ids).size).toBe(51);
  });

  it("is walked without gaps or repeats while more is written [R52]", async () => {
    const { owner, account } = await start();
    await storeRows(account, 40);
    const before = (await page(owner, account, { limit: 100 })).items;
    let written = 0;
    const pages = await walk(owner, account, { limit: 6 }, async () => {
      written += 1;
      await owner.patch(`/api/v1/account/${account.slug}`, { title: `Title ${written}` });
    });
    expect(written).toBeGreaterThan(5);
    expect(pages.flat()).toEqual(before);
    expect((await page(owner, account, { limit: 100 })).items).toHaveLength(41 + written);
  });

  it("is nobody else's", async () => {
    const [mine, theirs] = [await start(), await start()];
    await storeRows(mine.account, 30);
    await storeRows(theirs.account, 30);
    const [own, foreign] = [
      (await walk(mine.owner, mine.account, { limit: 7 })).flat(),
      (await walk(theirs.owner, theirs.account, { limit: 7 })).flat(),
    ];
    expect([own.length, foreign.length]).toEqual([31, 31]);
    expect(new Set(own.map(({ target }) => target))).toEqual(new Set([`account:${mine.account.id}`]));
    expect(new Set(foreign.map(({ target }) => target))).toEqual(new Set([`account:${theirs.account.id}`]));
    // A cursor of one account's list is only a place in time in another's.
    const cursor = (await page(mine.owner, mine.account, { limit: 1 })).next ?? "";
    const elsewhere = await page(theirs.owner, theirs.account, { cursor, limit: 100 });
    for (const { target } of elsewhere.items) expect(target).toBe(`account:${theirs.account.id}`);
  });

  it("does not come back with the slug", async () => {
    const { owner, account } = await start();
    await storeRows(account, 5);
    await owner.delete(`/api/v1/account/${account.slug}`);
    expect(answered(await owner.get(auditOf(account)))).toEqual({ status: 403, body: noRole });
    const again = await makeAccount(owner, { slug: account.slug });
    expect((await page(owner, { ...again, slug: account.slug })).items).toMatchObject([
      { action: "account.created", target: `account:${again.id}` },
    ]);
  });
});

describe("who may read it", () => {
  it("are owners, support, administrators and the operator", async () => {
    const { owner, account } = await start();
    const [administrator, support] = [await someone(), await someone()];
    await addToGroup(administrator, 1);
    await addToGroup(support, 3);
    for (const reader of [owner, administrator, support, await operator()]) {
      expect((await page(reader, account)).items).toHaveLength(1);
    }
    for (const reader of [administrator, support, await operator()]) {
      const missing = await reader.get("/api/v1/account/nobody-has-this/audit");
      expect(answered(missing)).toEqual({ status: 404, body: { detail: "Account not found" } });
    }
  });

  it("are not members, those who meter, outsiders and strangers", async () => {
    const { account } = await start();
    const [member, metering, outsider] = [await makeMember(account), await someone(), await someone()];
    await addToGroup(metering, 2);
    await makeAccount(outsider);
    for (const reader of [member, metering, outsider]) {
      expect(answered(await reader.get(auditOf(account)))).toEqual({ status: 403, body: noRole });
    }
    const missing = await outsider.get("/api/v1/account/nobody-has-this/audit");
    expect(answered(missing)).toEqual({ status: 403, body: noRole });
    expect((await stranger.get(auditOf(account))).status).toBe(401);
  });
});

describe("what is wrong with a question", () => {
  const noCursor = badValue("This is no cursor of this list.");

  it.each([
    ["cursor", "nonsense", noCursor],
    ["cursor", "", noCursor],
    ["cursor", "-1", noCursor],
    ["cursor", "1.5", noCursor],
    ["cursor", "1e3", noCursor],
    ["cursor", " 1", noCursor],
    ["cursor", "9007199254740993", noCursor],
    ["cursor", "99999999999999999999", noCursor],
    ["limit", "0", atLeast(1)],
    ["limit", "-1", atLeast(1)],
    ["limit", "101", atMost(100)],
    ["limit", "1000000000000", atMost(100)],
    ["limit", "many", noIntegerText],
    ["limit", "1.5", noIntegerText],
    ["limit", "", noIntegerText],
  ])("is told: %s=%s", async (name, input, fault) => {
    const { owner, account } = await start();
    const answer = await owner.get(auditOf(account, { [name]: input }));
    expect(answered(answer)).toEqual(wrongQuery(name, input, fault));
  });

  it.each(["from", "to"])("is told of every odd time: %s", async (name) => {
    const { owner, account } = await start();
    for (const input of ["yesterday", "2026-02-30", "2026-01-31T25:00:00Z", "", "2026-13-01T00:00:00Z"]) {
      const answer = await owner.get(auditOf(account, { [name]: input }));
      expect(answer.status).toBe(422);
      expect(answer.body.detail).toEqual([
        expect.objectContaining({
          type: "datetime_from_date_parsing",
          loc: ["query", name],
          msg: expect.stringMatching(/^Input should be a valid datetime or date, /),
          input,
        }),
      ]);
    }
  });

  it("is told all together", async () => {
    const { owner, account } = await start();
    const answer = await owner.get(auditOf(account, { cursor: "x", limit: "0", from: "x", to: "x" }));
    expect(answer.status).toBe(422);
    const told = answer.body.detail.map(({ loc }: { loc: string[] }) => loc.join("."));
    expect(told).toEqual(["query.cursor", "query.limit", "query.from", "query.to"]);
  });

  it("is told before who may ask", async () => {
    const { account } = await start();
    expect((await (await someone()).get(auditOf(account, { limit: "0" }))).status).toBe(422);
  });
});

describe("what reading costs", () => {
  it("is one round trip, and the same whether there are ten rows or ten thousand", async () => {
    const counter = new Counter();
    const readings = [];
    for (const rows of [10, 10_000]) {
      const { owner, account } = await start();
      await storeRows(account, rows, { since: "2010-01-01T00:00:00Z" });
      const watched = counter.watch(owner);
      counter.read();
      const first = await page(watched, account, { limit: 5 });
      const { trips, rowsRead, rowsWritten } = counter.read();
      expect({ trips, rowsWritten }).toEqual({ trips: 1, rowsWritten: 0 });
      await page(watched, account, { limit: 5, cursor: first.next ?? "" });
      const second = counter.read().rowsRead;
      const range = { from: "2010-01-01T00:00:02Z", to: "2010-01-01T00:00:07Z", limit: 5 };
      expect((await page(watched, account, range)).items).toHaveLength(5);
      readings.push({ rowsRead, second, ranged: counter.read().rowsRead });
    }
    expect(readings[1]).toEqual(readings[0]);
  });

  it("is bounded where a filter finds nothing, and nothing for an outsider", async () => {
    const counter = new Counter();
    const { owner, account } = await start();
    await storeRows(account, 10_000, { since: "2011-01-01T00:00:00Z" });
    const outsider = await someone();
    await uuidOf(outsider);
    await page(counter.watch(owner), account, { action: "nothing.done" });
    expect(counter.read().rowsRead).toBeLessThan(2_100);
    await counter.watch(outsider).get(auditOf(account, { action: "nothing.done" }));
    expect(counter.read().rowsRead).toBeLessThan(20);
  });
});
