/** The operator's audit log of the whole service. */
import { describe, expect, it } from "vitest";

import { firstAuditId } from "../../../src/domain/audit.ts";
import { runStatements } from "../../support/database.ts";
import {
  type Caller,
  createAccount,
  createOperator,
  createUser,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import {
  accountPath,
  blockingPath,
  getBody,
  operatorPath,
  userPath,
  userRefOf,
  zonePath,
  zonesPath,
} from "../../support/operator.ts";
import {
  atLeast,
  atMost,
  badValue,
  invalidQuery,
  notDatetimeText,
  notIntegerText,
} from "../../support/pydantic-errors.ts";

const path = `${operatorPath}/@audit`;

interface Item {
  readonly id: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly changes: unknown;
  readonly request_id: string;
}

async function items(caller: Caller, query: Record<string, string>): Promise<Item[]> {
  const body = await getBody(caller, `${path}?${new URLSearchParams({ limit: "100", ...query }).toString()}`);
  expect(body.next).toBeNull();
  return body.items;
}

/** Fetches all pages of an audit list. */
async function pages(caller: Caller, query: Record<string, string>): Promise<Item[][]> {
  const read = [];
  let cursor: string | undefined;
  do {
    const given = { ...query, ...(cursor === undefined ? {} : { cursor }) };
    const body = await getBody(caller, `${path}?${new URLSearchParams(given).toString()}`);
    read.push(body.items);
    cursor = body.next ?? undefined;
  } while (cursor !== undefined);
  return read;
}

const actions = (rows: readonly Item[]) => rows.map(({ action }) => action);

/** Inserts audit rows, one per millisecond from `from` on, with an action given as SQL. */
async function store(from: number, count: number, actor: string, action = "'some.deed'"): Promise<void> {
  await runStatements([
    `INSERT INTO audit_rows (id, at, actor, action, target, changes, request_id)
     WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < cast(?1 AS INTEGER))
     SELECT cast(?2 AS INTEGER) + n * 1024, ?3 + n, ?4, ${action}, 'target:' || n, '{}', 'request' FROM numbers`,
    count,
    firstAuditId(from),
    from,
    actor,
  ]);
}

let moments = Date.UTC(2025, 0, 31, 13);
/** Returns the start of a past day that no other test uses. */
function ownDay(): number {
  moments += 24 * 60 * 60 * 1000;
  return moments;
}

describe("the audit log of the service", () => {
  it("the list has what changed, by whom, when and in which request, newest first", async () => {
    const root = await createOperator();
    const { id: actor } = await userRefOf(root);
    const account = await createAccount(await createUser());
    const user = await userRefOf(await createUser());
    const before = Date.now();
    const zone = await root.post(zonesPath, { slug: unique("zone"), title: "Zone", cloud_provider: "AWS" });
    const answers = [
      zone,
      await root.patch(accountPath(account), { max_users: 5 }),
      await root.patch(blockingPath(account), { blocking_state: "budget" }),
      await root.patch(userPath(user), { type: "SALES" }),
      await root.delete(zonePath(zone.body)),
    ];
    const { slug } = zone.body;
    const expected = [
      [
        "zone.created",
        `zone:${zone.body.id}`,
        {
          slug: [null, slug],
          title: [null, "Zone"],
          cloud_provider: [null, zone.body.cloud_provider],
          private: [null, false],
        },
      ],
      ["account.updated", `account:${account.id}`, { max_users: [null, 5] }],
      ["account.updated", `account:${account.id}`, { blocking_state: ["unblocked", "budget"] }],
      ["user.updated", `user:${user.id}`, { type: ["USER", "SALES"] }],
      [
        "zone.deleted",
        `zone:${zone.body.id}`,
        {
          slug: [slug, null],
          title: ["Zone", null],
          cloud_provider: [zone.body.cloud_provider, null],
          private: [false, null],
        },
      ],
    ].map(([action, target, changes], at) => ({
      id: expect.any(Number),
      at: expect.any(String),
      actor,
      action,
      target,
      changes,
      request_id: answers[at]?.headers.get("X-Request-Id"),
    }));
    const { items: newest } = await getBody(root, `${path}?limit=5`);
    expect(newest).toEqual(expected.toReversed());
    const ids: number[] = newest.map(({ id }: Item) => id);
    expect(ids).toEqual(ids.toSorted((left, right) => right - left));
    for (const { at } of newest as Item[]) {
      expect(at).toBe(new Date(at).toISOString());
      expect(Date.parse(at)).toBeGreaterThanOrEqual(before);
      expect(Date.parse(at)).toBeLessThanOrEqual(Date.now());
    }
  });

  it("the list can be filtered by account, by slug in any case or id, by actor and by action", async () => {
    const root = await createOperator();
    const owner = await createUser();
    const account = await createAccount(owner);
    await createAccount(owner);
    await owner.patch(`/api/v1/account/${account.id}`, { title: "By its owner" });
    await root.patch(accountPath(account), { max_users: 5 });
    await root.patch(blockingPath(account), { blocking_state: "manager" });
    const [{ id: theirs }, { id: mine }] = [await userRefOf(owner), await userRefOf(root)];
    const updated = "account.updated";
    for (const name of [account.slug, account.slug.toUpperCase(), account.id, account.id.toUpperCase()]) {
      const rows = await items(root, { account: name });
      expect(actions(rows)).toEqual([updated, updated, updated, "account.created"]);
      expect(rows.map(({ actor }) => actor)).toEqual([mine, mine, theirs, theirs]);
    }
    const of = { account: account.id };
    expect(actions(await items(root, { ...of, actor: theirs }))).toEqual([updated, "account.created"]);
    expect(actions(await items(root, { ...of, action: updated }))).toHaveLength(3);
    expect(actions(await items(root, { ...of, action: updated, actor: mine }))).toHaveLength(2);
    expect(actions(await items(root, { actor: theirs }))).toEqual([
      updated,
      "account.created",
      "account.created",
      ...actions(await items(root, { actor: theirs })).slice(3),
    ]);
    for (const query of [
      { account: unique("nobody") },
      { account: crypto.randomUUID() },
      { ...of, actor: crypto.randomUUID() },
      { ...of, action: "account" },
      { ...of, action: "ACCOUNT.UPDATED" },
    ])
      expect(await items(root, query)).toEqual([]);
  });

  it("the list keeps the last change of a deleted account, without an account", async () => {
    const root = await createOperator();
    const owner = await createUser();
    const account = await createAccount(owner);
    await owner.delete(`/api/v1/account/${account.id}`);
    const target = `account:${account.id}`;
    const deleted = (await items(root, { action: "account.deleted" })).filter((row) => row.target === target);
    expect(deleted).toEqual([
      expect.objectContaining({
        actor: (await userRefOf(owner)).id,
        changes: { slug: [account.slug, null], title: [account.title, null] },
      }),
    ]);
    expect(await items(root, { account: account.id })).toEqual([]);
    expect(await items(root, { account: account.slug })).toEqual([]);
  });

  it("the list can be filtered by time, with the start included and the end excluded", async () => {
    const root = await createOperator();
    const [begin, actor] = [ownDay(), crypto.randomUUID()];
    await store(begin, 5, actor);
    const at = (offset: number) => new Date(begin + offset).toISOString();
    const between = async (query: Record<string, string>) =>
      (await items(root, { actor, ...query })).map((row) => Date.parse(row.at) - begin);
    expect(await between({})).toEqual([4, 3, 2, 1, 0]);
    expect(await between({ from: at(2) })).toEqual([4, 3, 2]);
    expect(await between({ to: at(2) })).toEqual([1, 0]);
    expect(await between({ from: at(1), to: at(4) })).toEqual([3, 2, 1]);
    expect(await between({ from: at(3), to: at(3) })).toEqual([]);
    expect(await between({ from: at(4), to: at(1) })).toEqual([]);
    const day = at(0).slice(0, 10);
    expect(await between({ from: day, to: String((begin + 2) / 1000) })).toEqual([1, 0]);
    expect(await between({ from: "0001-01-01", to: "9999-12-31" })).toEqual([4, 3, 2, 1, 0]);
  });
});

describe("following the pages", () => {
  it("following next returns each change once while others are made", async () => {
    const root = await createOperator();
    const begin = ownDay();
    await store(begin, 25, "walked");
    const [from, to] = [begin, begin + 1000].map((moment) => new Date(moment).toISOString());
    const query = { from: from ?? "", to: to ?? "" };
    for (const filter of [{}, { actor: "walked" }, { action: "some.deed" }]) {
      const read = await pages(root, { ...query, ...filter });
      expect(read.map((page) => page.length)).toEqual([20, 5]);
      const exact = await pages(root, { ...query, ...filter, limit: "5" });
      expect(exact.map((page) => page.length)).toEqual([5, 5, 5, 5, 5]);
      expect(exact.flat()).toEqual(read.flat());
      expect(read.flat().map(({ target }) => target)).toEqual(
        Array.from({ length: 25 }, (_, at) => `target:${24 - at}`),
      );
    }
    const first = await getBody(root, `${path}?limit=3`);
    await root.patch(accountPath(await createAccount(await createUser())), { max_users: 5 });
    const second = await getBody(root, `${path}?limit=3&cursor=${first.next}`);
    expect(first.next).toBe(String(first.items[2].id));
    for (const { id } of second.items) expect(id).toBeLessThan(first.items[2].id);
  });

  it("pages continue after a thousand changes that the filters skip", async () => {
    const root = await createOperator();
    const begin = ownDay();
    await store(begin, 2_500, "passed", "CASE n WHEN 0 THEN 'rare.deed' ELSE 'some.deed' END");
    const [from, to] = [begin, begin + 10_000].map((moment) => new Date(moment).toISOString());
    const read = await pages(root, { from: from ?? "", to: to ?? "", action: "rare.deed" });
    expect(read.map((page) => page.length)).toEqual([0, 0, 1]);
    const all = await pages(root, { from: from ?? "", to: to ?? "", actor: "passed", limit: "100" });
    expect(all.flat()).toHaveLength(2_500);
    expect(new Set(all.flat().map(({ id }) => id)).size).toBe(2_500);
  });

  it("invalid cursors, limits and times are rejected", async () => {
    const root = await createOperator();
    const refused = async (key: string, input: string) =>
      statusAndBody(await root.get(`${path}?${key}=${encodeURIComponent(input)}`));
    for (const input of ["", "none", "-1", "1.5", "99999999999999999", "9999999999999999"])
      expect(await refused("cursor", input)).toEqual(
        invalidQuery(
          "cursor",
          input,
          badValue("Invalid cursor. Use the value of `next` from the previous page."),
        ),
      );
    expect(await refused("limit", "0")).toEqual(invalidQuery("limit", "0", atLeast(1)));
    expect(await refused("limit", "101")).toEqual(invalidQuery("limit", "101", atMost(100)));
    expect(await refused("limit", "x")).toEqual(invalidQuery("limit", "x", notIntegerText));
    for (const key of ["from", "to"])
      for (const input of ["", "soon", "2025-02-30"])
        expect(await refused(key, input)).toEqual(invalidQuery(key, input, notDatetimeText));
    const all = await root.get(`${path}?to=x&from=y&limit=0&cursor=z`);
    expect(all.body.detail.map(({ loc }: { loc: string[] }) => loc[1])).toEqual([
      "cursor",
      "limit",
      "from",
      "to",
    ]);
    expect(await getBody(root, `${path}?cursor=0`)).toEqual({ items: [], next: null });
  });
});
