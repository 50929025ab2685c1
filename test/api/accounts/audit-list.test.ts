import { describe, expect, it } from "vitest";

import { auditPage, auditPages, auditPath, storeAuditRows, userIdOf } from "../../support/audit.ts";
import { CostMeter } from "../../support/cost-meter.ts";
import {
  addToGroup,
  anonymous,
  createAccount,
  createOperator,
  createUser,
  statusAndBody,
} from "../../support/fixtures.ts";
import { missingPermission, noAccess } from "../../support/members.ts";
import { createMember } from "../../support/organizations.ts";
import { atLeast, atMost, badValue, invalidQuery, notIntegerText } from "../../support/pydantic-errors.ts";

async function start() {
  const owner = await createUser();
  return { owner, account: await createAccount(owner) };
}

describe("the history of an account", () => {
  it("the history is newest first with the published fields", async () => {
    const { owner, account } = await start();
    const changed = await owner.patch(`/api/v1/account/${account.slug}`, { title: "New" });
    const { items, next } = await auditPage(owner, account);
    const actor = await userIdOf(owner);
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

  it("the account is found by slug in any case and by id", async () => {
    const { owner, account } = await start();
    for (const name of [account.slug.toUpperCase(), account.id, account.id.replaceAll("-", "")]) {
      const answer = await owner.get(`/api/v1/account/${name}/audit`);
      expect([answer.status, answer.body.items.length]).toEqual([200, 1]);
    }
  });

  it("a page has 20 entries by default and up to 100", async () => {
    const { owner, account } = await start();
    await storeAuditRows(account, 150);
    expect((await auditPage(owner, account)).items).toHaveLength(20);
    for (const limit of [1, 7, 20, 99, 100]) {
      expect((await auditPage(owner, account, { limit })).items).toHaveLength(limit);
    }
  });

  it.each([1, 2, 3, 10, 50, 51, 52, 100])(
    "the history can be walked to its end in pages of %d",
    async (limit) => {
      const { owner, account } = await start();
      await storeAuditRows(account, 50);
      const pages = await auditPages(owner, account, { limit });
      expect(pages).toHaveLength(Math.ceil(51 / limit));
      const ids = pages.flat().map(({ id }) => id);
      expect(ids).toEqual(ids.toSorted((left, right) => right - left));
      expect(new Set(ids).size).toBe(51);
    },
  );

  it("a walk has no gaps or repeats while more is written [R52]", async () => {
    const { owner, account } = await start();
    await storeAuditRows(account, 40);
    const before = (await auditPage(owner, account, { limit: 100 })).items;
    let written = 0;
    const pages = await auditPages(owner, account, { limit: 6 }, async () => {
      written += 1;
      await owner.patch(`/api/v1/account/${account.slug}`, { title: `Title ${written}` });
    });
    expect(written).toBeGreaterThan(5);
    expect(pages.flat()).toEqual(before);
    expect((await auditPage(owner, account, { limit: 100 })).items).toHaveLength(41 + written);
  });

  it("the history of another account is never included", async () => {
    const [mine, theirs] = [await start(), await start()];
    await storeAuditRows(mine.account, 30);
    await storeAuditRows(theirs.account, 30);
    const [own, foreign] = [
      (await auditPages(mine.owner, mine.account, { limit: 7 })).flat(),
      (await auditPages(theirs.owner, theirs.account, { limit: 7 })).flat(),
    ];
    expect([own.length, foreign.length]).toEqual([31, 31]);
    expect(new Set(own.map(({ target }) => target))).toEqual(new Set([`account:${mine.account.id}`]));
    expect(new Set(foreign.map(({ target }) => target))).toEqual(new Set([`account:${theirs.account.id}`]));
    // A cursor of one account's list is only a point in time in another's.
    const cursor = (await auditPage(mine.owner, mine.account, { limit: 1 })).next ?? "";
    const elsewhere = await auditPage(theirs.owner, theirs.account, { cursor, limit: 100 });
    for (const { target } of elsewhere.items) expect(target).toBe(`account:${theirs.account.id}`);
  });

  it("a new account with a freed slug has no old history", async () => {
    const { owner, account } = await start();
    await storeAuditRows(account, 5);
    await owner.delete(`/api/v1/account/${account.slug}`);
    expect(statusAndBody(await owner.get(auditPath(account)))).toEqual(noAccess);
    const again = await createAccount(owner, { slug: account.slug });
    expect((await auditPage(owner, { ...again, slug: account.slug })).items).toMatchObject([
      { action: "account.created", target: `account:${again.id}` },
    ]);
  });
});

describe("readers of the history", () => {
  it("owners, Support, Administrators and operators may read the history", async () => {
    const { owner, account } = await start();
    const [administrator, support] = [await createUser(), await createUser()];
    await addToGroup(administrator, 1);
    await addToGroup(support, 3);
    for (const reader of [owner, administrator, support, await createOperator()]) {
      expect((await auditPage(reader, account)).items).toHaveLength(1);
    }
    for (const reader of [administrator, support, await createOperator()]) {
      const missing = await reader.get("/api/v1/account/nobody-has-this/audit");
      expect(statusAndBody(missing)).toEqual({ status: 404, body: { detail: "Account not found" } });
    }
  });

  it("members, Metering, outsiders and anonymous callers may not read the history", async () => {
    const { account } = await start();
    const [member, metering, outsider] = [
      await createMember(account),
      await createUser(),
      await createUser(),
    ];
    await addToGroup(metering, 2);
    await createAccount(outsider);
    for (const reader of [member, metering]) {
      expect(statusAndBody(await reader.get(auditPath(account)))).toEqual(missingPermission("audit:read"));
    }
    expect(statusAndBody(await outsider.get(auditPath(account)))).toEqual(noAccess);
    const missing = await outsider.get("/api/v1/account/nobody-has-this/audit");
    expect(statusAndBody(missing)).toEqual(noAccess);
    expect((await anonymous.get(auditPath(account))).status).toBe(401);
  });
});

describe("invalid queries", () => {
  const noCursor = badValue("Invalid cursor. Use the value of `next` from the previous page.");

  it.each([
    { name: "cursor", input: "nonsense", fault: noCursor },
    { name: "cursor", input: "", fault: noCursor },
    { name: "cursor", input: "-1", fault: noCursor },
    { name: "cursor", input: "1.5", fault: noCursor },
    { name: "cursor", input: "1e3", fault: noCursor },
    { name: "cursor", input: " 1", fault: noCursor },
    { name: "cursor", input: "9007199254740993", fault: noCursor },
    { name: "cursor", input: "99999999999999999999", fault: noCursor },
    { name: "limit", input: "0", fault: atLeast(1) },
    { name: "limit", input: "-1", fault: atLeast(1) },
    { name: "limit", input: "101", fault: atMost(100) },
    { name: "limit", input: "1000000000000", fault: atMost(100) },
    { name: "limit", input: "many", fault: notIntegerText },
    { name: "limit", input: "1.5", fault: notIntegerText },
    { name: "limit", input: "", fault: notIntegerText },
  ])("an invalid query value is rejected: $name=$input", async ({ name, input, fault }) => {
    const { owner, account } = await start();
    const answer = await owner.get(auditPath(account, { [name]: input }));
    expect(statusAndBody(answer)).toEqual(invalidQuery(name, input, fault));
  });

  it.each(["from", "to"])("an invalid time is rejected: %s", async (name) => {
    const { owner, account } = await start();
    for (const input of ["yesterday", "2026-02-30", "2026-01-31T25:00:00Z", "", "2026-13-01T00:00:00Z"]) {
      const answer = await owner.get(auditPath(account, { [name]: input }));
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

  it("all invalid values are returned together", async () => {
    const { owner, account } = await start();
    const answer = await owner.get(auditPath(account, { cursor: "x", limit: "0", from: "x", to: "x" }));
    expect(answer.status).toBe(422);
    const reported = answer.body.detail.map(({ loc }: { loc: string[] }) => loc.join("."));
    expect(reported).toEqual(["query.cursor", "query.limit", "query.from", "query.to"]);
  });

  it("validation precedes the permission check", async () => {
    const { account } = await start();
    expect((await (await createUser()).get(auditPath(account, { limit: "0" }))).status).toBe(422);
  });
});

describe("cost of reading", () => {
  it("a page costs one round trip and the same rows for ten or ten thousand entries", async () => {
    const counter = new CostMeter();
    const readings = [];
    for (const rows of [10, 10_000]) {
      const { owner, account } = await start();
      await storeAuditRows(account, rows, { since: "2010-01-01T00:00:00Z" });
      const watched = counter.meter(owner);
      counter.read();
      const first = await auditPage(watched, account, { limit: 5 });
      const { roundTrips, rowsRead, rowsWritten } = counter.read();
      expect({ roundTrips, rowsWritten }).toEqual({ roundTrips: 1, rowsWritten: 0 });
      await auditPage(watched, account, { limit: 5, cursor: first.next ?? "" });
      const second = counter.read().rowsRead;
      const range = { from: "2010-01-01T00:00:02Z", to: "2010-01-01T00:00:07Z", limit: 5 };
      expect((await auditPage(watched, account, range)).items).toHaveLength(5);
      readings.push({ rowsRead, second, ranged: counter.read().rowsRead });
    }
    expect(readings[1]).toEqual(readings[0]);
  });

  it("a filter without matches reads a bounded number of rows, and an outsider's request none", async () => {
    const counter = new CostMeter();
    const { owner, account } = await start();
    await storeAuditRows(account, 10_000, { since: "2011-01-01T00:00:00Z" });
    const outsider = await createUser();
    await userIdOf(outsider);
    await auditPage(counter.meter(owner), account, { action: "nothing.done" });
    expect(counter.read().rowsRead).toBeLessThan(2_100);
    await counter.meter(outsider).get(auditPath(account, { action: "nothing.done" }));
    expect(counter.read().rowsRead).toBeLessThan(20);
  });
});
