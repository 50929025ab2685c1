import { describe, expect, it } from "vitest";

import { auditPage, auditPages, storeAuditRows, userIdOf } from "../../support/audit.ts";
import { createAccount, createUser } from "../../support/fixtures.ts";
import { createMember } from "../../support/organizations.ts";

async function start() {
  const owner = await createUser();
  return { owner, account: await createAccount(owner) };
}

describe("filters of the history", () => {
  it("the actor filter finds the changes of one user", async () => {
    const { owner, account } = await start();
    const member = await createMember(account);
    await member.post(`/api/v1/account/${account.slug}/invite`, { email: "one@example.com" });
    await owner.post(`/api/v1/account/${account.slug}/invite`, { email: "two@example.com" });
    const byMember = await auditPage(owner, account, { actor: await userIdOf(member) });
    expect(byMember.items).toMatchObject([{ action: "invite.created", changes: { email: [null, "…"] } }]);
    const byOwner = await auditPage(owner, account, { actor: await userIdOf(owner) });
    expect(byOwner.items.map(({ action }) => action)).toEqual(["invite.created", "account.created"]);
    expect((await auditPage(owner, account, { actor: crypto.randomUUID() })).items).toEqual([]);
  });

  it("the action filter matches exactly", async () => {
    const { owner, account } = await start();
    await owner.patch(`/api/v1/account/${account.slug}`, { title: "New" });
    const { items } = await auditPage(owner, account, { action: "account.updated" });
    expect(items).toMatchObject([{ action: "account.updated" }]);
    for (const action of ["account", "account.", "ACCOUNT.UPDATED", "account.%", "' or 1=1 --"]) {
      expect((await auditPage(owner, account, { action })).items).toEqual([]);
    }
  });

  it("the time range is half-open", async () => {
    const { owner, account } = await start();
    await storeAuditRows(account, 10, { since: "2015-03-01T00:00:00Z" });
    const seconds = async (query: Record<string, string | number>) => {
      const { items } = await auditPage(owner, account, query);
      return items
        .filter(({ action }) => action !== "account.created")
        .map(({ at }) => Number(at.slice(17, 19)));
    };
    expect(await seconds({ from: "2015-03-01T00:00:03Z", to: "2015-03-01T00:00:06Z" })).toEqual([5, 4, 3]);
    expect(await seconds({ from: "2015-03-01T00:00:03.001Z", to: "2015-03-01T00:00:06.001Z" })).toEqual([
      6, 5, 4,
    ]);
    expect(await seconds({ from: "2015-03-01T00:00:07Z" })).toEqual([9, 8, 7]);
    expect(await seconds({ to: "2015-03-01T00:00:03Z" })).toEqual([2, 1, 0]);
    expect(await seconds({ to: "2015-03-01" })).toEqual([]);
    expect(await seconds({ from: "2015-03-01T02:00:08+02:00", to: "2015-03-02" })).toEqual([9, 8]);
    expect(await seconds({ from: "1425168008", to: 1_425_168_009 })).toEqual([8]);
    expect(await seconds({ from: "2015-03-01T00:00:06Z", to: "2015-03-01T00:00:06Z" })).toEqual([]);
    expect(await seconds({ from: "2015-03-01T00:00:08Z", to: "2015-03-01T00:00:06Z" })).toEqual([]);
    expect(await seconds({ from: "0001-01-01", to: "9999-12-31T23:59:59Z" })).toHaveLength(10);
  });

  it("filters combine and work page by page", async () => {
    const { owner, account } = await start();
    const options = { since: "2016-05-01T00:00:00Z" };
    const [wanted, other] = [crypto.randomUUID(), crypto.randomUUID()];
    await storeAuditRows(account, 30, { ...options, actor: wanted, action: "wanted.done" });
    await storeAuditRows(account, 30, { ...options, actor: other, action: "wanted.done" });
    await storeAuditRows(account, 30, { ...options, actor: wanted, action: "other.done" });
    const query = {
      actor: wanted,
      action: "wanted.done",
      from: "2016-05-01T00:00:05Z",
      to: "2016-05-01T00:00:15Z",
    };
    for (const limit of [1, 3, 10, 100]) {
      const found = (await auditPages(owner, account, { ...query, limit })).flat();
      expect(found.map(({ at, actor, action }) => [Number(at.slice(17, 19)), actor, action])).toEqual(
        [14, 13, 12, 11, 10, 9, 8, 7, 6, 5].map((second) => [second, wanted, "wanted.done"]),
      );
    }
  });

  it("an empty filter matches nothing", async () => {
    const { owner, account } = await start();
    expect((await auditPage(owner, account, { actor: "" })).items).toEqual([]);
    expect((await auditPage(owner, account, { action: "" })).items).toEqual([]);
  });
});

describe("scans of 1,000 rows", () => {
  it("a filtered walk continues after 1,000 scanned rows to the end", async () => {
    const { owner, account } = await start();
    await storeAuditRows(account, 1, { since: "2012-01-01T00:00:00Z", action: "rare.done" });
    await storeAuditRows(account, 2_500, { since: "2013-01-01T00:00:00Z" });
    const first = await auditPage(owner, account, { action: "rare.done" });
    expect(first.items).toEqual([]);
    // The newest row is account.created.
    expect(Number(first.next)).toBe(idAt("2013-01-01T00:00:00Z", 2_500 - 999, first.next));
    const pages = await auditPages(owner, account, { action: "rare.done" });
    expect(pages.map((items) => items.length)).toEqual([0, 0, 1]);
    expect(pages.flat()).toMatchObject([{ action: "rare.done", at: "2012-01-01T00:00:00.000Z" }]);
  });

  it("a filtered walk misses no match, however they are distributed", async () => {
    const { owner, account } = await start();
    for (let year = 0; year < 5; year += 1) {
      await storeAuditRows(account, 480, { since: `${2000 + year}-01-01T00:00:00Z` });
      await storeAuditRows(account, 25, { since: `${2000 + year}-06-01T00:00:00Z`, action: "rare.done" });
    }
    for (const limit of [10, 25, 60, 100]) {
      const found = (await auditPages(owner, account, { action: "rare.done", limit })).flat();
      expect(found).toHaveLength(125);
      const ids = found.map(({ id }) => id);
      expect(ids).toEqual([...new Set(ids)].toSorted((left, right) => right - left));
    }
    const within = { action: "rare.done", from: "2001-01-01", to: "2003-01-01", limit: 10 };
    expect((await auditPages(owner, account, within)).flat()).toHaveLength(50);
  });

  it("an unfiltered page is full except at the end", async () => {
    const { owner, account } = await start();
    await storeAuditRows(account, 2_500, { since: "2014-01-01T00:00:00Z" });
    const pages = await auditPages(owner, account, { limit: 100 });
    expect(pages.map((items) => items.length)).toEqual([...Array.from({ length: 25 }, () => 100), 1]);
  });
});

/** Returns the id of the row stored this many seconds after `since`. */
function idAt(since: string, seconds: number, like: string | null): number {
  return (Date.parse(since) + seconds * 1000) * 1024 + (Number(like) % 1024);
}
