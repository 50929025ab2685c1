/** Query plans of all statements of the worker: no cost depends on other accounts' data. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";

import { encodeCursor } from "../../src/domain/pagination.ts";
import { type OperationId, operations } from "../../src/domain/permissions.ts";
import worker from "../../src/index.ts";
import { exportedTables } from "../../src/services/export-import/tables.ts";
import { withStoredToken } from "../support/access-tokens.ts";
import { CostMeter, DatabaseMeter, delayedQueue } from "../support/cost-meter.ts";
import { costs } from "../support/costs/all.ts";
import { isSlow, sample } from "../support/effort.ts";
import {
  insertAccountOf,
  insertUser,
  memberInsert,
  referenceTableNames,
  queryRow,
  runStatements,
} from "../support/database.ts";
import {
  type Caller,
  createAccount,
  createOperator,
  createSupportUser,
  createUser,
  type TestAccount,
  unique,
} from "../support/fixtures.ts";
import { storeInvite, uniqueEmail } from "../support/invitations.ts";
import { storeLogo } from "../support/logos.ts";
import { Mailbox, mailFrom } from "../support/mail.ts";
import { deliverJobs, runCron } from "../support/queue-and-cron.ts";
import { costDifferences, measureRowsRead, type RowsRead } from "./query-costs.ts";
import { expectNoScans, explain, isSort, statementsOfLinks, type TableScan } from "./query-plans.ts";

const counter = new CostMeter({ JOBS: delayedQueue });

/** The queries of a list of organizations. */
const listVariants: Record<string, string> = {
  "the first page": "",
  "a page by its number": "page=3",
  "the last page": "page=last",
  "a large page": "page_size=100",
  "by id": "id=1",
  "by uuid": `uuid=${crypto.randomUUID()}`,
  "by name": "name=Some name",
  "by slug": "slug=some-slug",
  "by all of them": `id=1&uuid=${crypto.randomUUID()}&name=Some name&slug=some-slug`,
  "by a name, the last page": "name=Some name&page=last",
  "a search for a long term": "search=generated",
  "a search for a short term": "search=ge",
  "a search for both": "search=generated ge",
  "a search for many terms": `search=${Array.from({ length: 30 }, (_, at) => `term${at}`).join(" ")}`,
  "a search, a page by its number": "search=generated&page=3",
  "a search, the last page": "search=generated&page=last",
  "a search by slug": "search=generated&slug=some-slug",
};

/** The filters of an audit list. */
const historyFilters: readonly string[] = [
  "limit=1",
  "cursor=1811808000000000",
  "actor=system",
  "action=account.updated",
  "from=2026-01-01T00:00:00Z",
  "to=2026-01-01T00:00:00Z",
  "from=2026-01-01T00:00:00Z&to=2030-01-01T00:00:00Z&cursor=1811808000000000",
  "actor=system&action=account.updated&from=2026-01-01T00:00:00Z&to=2030-01-01T00:00:00Z&cursor=1811808000000000&limit=100",
];

/** Paths of the other lists, for an account. */
const otherLists: readonly ((made: TestAccount) => string)[] = [
  ...historyFilters.flatMap((filter) => [
    ({ id }: TestAccount) => `/api/v1/account/${id}/audit?${filter}`,
    () => `/api/manage/@audit?${filter}`,
    ({ id }: TestAccount) => `/api/manage/@audit?account=${id}&${filter}`,
    ({ slug }: TestAccount) => `/api/manage/@audit?account=${slug}&${filter}`,
  ]),
  ...["a", "user", "nobody at all", "%25", "", "%00"].map(
    (query) =>
      ({ slug }: TestAccount) =>
        `/api/v1/account/${slug}/users/search?query=${query}`,
  ),
  ...["", "page=3", "page_size=100", "search=generated", "search=ge", "search=generated ge&page=2"].flatMap(
    (query) => [() => `/api/manage/@accounts?${query}`, () => `/api/manage/@users?${query}`],
  ),
  () => "/api/v1/user/invites",
  ({ id }) => `/api/v1/account/${id}/export`,
  ...exportedTables.flatMap(({ name, keys }) => {
    const place = [name, ...keys.map(({ type }) => (type === "number" ? 1 : "a"))];
    return [[name], place].map((cursorKeys) => {
      const cursor = encodeCursor({ direction: "after", keys: cursorKeys });
      return () => `/api/manage/@export?cursor=${cursor}`;
    });
  }),
  ({ id }) => `/api/v1/account/${id}/permissions?account_id=${id}&stash_id=${crypto.randomUUID()}`,
];

/** Inserts accounts of another owner with one statement. Their titles are spread over the alphabet. */
async function generate(count: number): Promise<void> {
  const owner = await insertUser();
  await runStatements([
    `INSERT INTO accounts (uuid, slug, title, title_key, type, created_by, created_at)
     WITH RECURSIVE made (uuid, left) AS (
       SELECT lower(hex(randomblob(16))), cast(?1 AS INTEGER)
       UNION ALL SELECT lower(hex(randomblob(16))), left - 1 FROM made WHERE left > 1
     )
     SELECT uuid, 'slug-' || uuid, uuid || ' generated', uuid || ' generated', 'cowork', ?2, 0 FROM made`,
    count,
    owner,
  ]);
}

describe("no statement scans a growing table", () => {
  /** Allowed scans: of an index or of ids in the requested order, with a LIMIT. */
  const walks: Readonly<Record<string, RegExp>> = {
    "accounts USING INDEX accounts_title": / limit /,
    users: / limit /,
    memberships: / limit /,
    // The newest audit rows; with filters, the newest thousand.
    audit_rows: /from "?audit_rows"? where true order by audit_rows\.id desc limit /,
    // The rows read by the inner query.
    scanned:
      /from \(select \* from audit_rows where .+ order by audit_rows\.id desc limit .+\) as scanned where/,
  };

  function mayWalk({ sql, target, plan, place }: TableScan): boolean {
    // The newest id: one step from the end.
    const rest = sql.replaceAll("(select id from audit_rows order by id desc limit 1)", "(null)");
    if (target === "audit_rows" && rest !== sql && !/from "?audit_rows/.test(rest)) return true;
    // Lines before a sort belong to another part of the statement.
    return !plan.slice(place).some(isSort) && walks[target]?.test(sql) === true;
  }

  interface Asking {
    readonly who: string;
    readonly isOperator?: true;
    readonly usesAccessToken?: true;
    readonly create: () => Promise<Caller>;
  }
  const byOwner: Asking = { who: "an owner", create: createUser };
  const ownerWithToken: Asking = {
    who: "an owner with a personal access token",
    usesAccessToken: true,
    create: async () => withStoredToken(await createUser()),
  };
  const support: Asking = { who: "a support user", create: createSupportUser };
  const operator: Asking = { who: "an operator", isOperator: true, create: createOperator };
  const operatorWithToken: Asking = {
    who: "an operator with a personal access token",
    isOperator: true,
    usesAccessToken: true,
    create: async () => withStoredToken(await createOperator()),
  };
  const callers = [byOwner, ownerWithToken, support, operator, operatorWithToken];

  /** Returns the callers of an operation. Its SQL depends on the kind of credentials, not on the role. */
  function callersOf(id: OperationId): readonly Asking[] {
    if (operations[id] === "open") return [byOwner];
    if (isSlow) return callers;
    return operations[id] === "manage" ? [operator, operatorWithToken] : [byOwner, ownerWithToken];
  }

  /** Returns the status of a successful operation, or 403 if the caller may not use it. */
  function expectedStatus(id: OperationId, { isOperator, usesAccessToken }: Asking): number {
    if (operations[id] === "manage" && isOperator !== true) return 403;
    return id === "createAccessToken" && usesAccessToken === true ? 403 : costs[id].status;
  }
  const everyOperation = (Object.keys(operations) as OperationId[]).filter(
    (id) => costs[id]?.roundTrips !== 0,
  );

  beforeAll(async () => generate(300));

  it.each(everyOperation.flatMap((id) => callersOf(id).map((asking) => ({ id, ...asking }))))(
    "no statement of $id by $who scans a growing table [R53]",
    async ({ id, ...asking }) => {
      const caller = await asking.create();
      const made = await createAccount(caller);
      counter.read();
      const { send, unchanged, invalid } = costs[id];
      const watched = counter.meter(caller);
      await unchanged?.send(watched, made);
      await invalid?.(watched, made);
      const { status } = await send(watched, made);
      expect(status).toBe(expectedStatus(id, asking));
      await expectNoScans(counter.read().statements, mayWalk);
    },
  );

  const variants = Object.entries(listVariants).flatMap(([variant, query], at) =>
    sample(callers, at).map((caller) => ({ variant, query, ...caller })),
  );
  it.each(variants)(
    "no statement of a list of organizations by $who scans a growing table: $variant [R53]",
    async ({ query, create }) => {
      const caller = await create();
      await createAccount(caller, { title: "Some name generated" });
      counter.read();
      const answer = await counter.meter(caller).get(`/accounts/organizations/?${query}`);
      expect([200, 404]).toContain(answer.status);
      await expectNoScans(counter.read().statements, mayWalk);
    },
  );

  it.each(isSlow ? callers : [operator, operatorWithToken])(
    "no statement of another list by $who scans a growing table, whatever its query [R53]",
    async ({ create, isOperator }) => {
      const caller = await create();
      const made = await createAccount(caller);
      counter.read();
      const watched = counter.meter(caller);
      for (const list of otherLists) {
        const path = list(made);
        const { status } = await watched.get(path);
        const refused = path.startsWith("/api/manage") && isOperator !== true;
        expect([path, status]).toEqual([path, refused ? 403 : 200]);
      }
      await expectNoScans(counter.read().statements, mayWalk);
    },
  );

  const operatorLists = [
    "@accounts",
    "@users",
    "@accounts?search=generated",
    "@users?search=example",
  ].flatMap((list, at) =>
    sample([operator, operatorWithToken, ...callers], at).map((caller) => ({ list, ...caller })),
  );
  it.each(operatorLists)(
    "no statement of the next page of $list by $who scans a growing table [R53]",
    async ({ list, create }) => {
      const caller = await create();
      for (let made = 0; made < 3; made += 1) await createAccount(caller, { title: "Ge generated" });
      const watched = counter.meter(caller);
      const page = (next: string) =>
        watched.get(`/api/manage/${list}${list.includes("?") ? "&" : "?"}page_size=1${next}`);
      const first = await page("");
      if (first.status === 200) await page(`&page=${encodeURIComponent(first.body.next)}`);
      await expectNoScans(counter.read().statements, mayWalk);
    },
  );

  const linked = ["", "&search=generated", "&search=ge"].flatMap((query, at) =>
    sample(callers, at + 1).map((caller) => ({ query, ...caller })),
  );
  it.each(linked)(
    "no statement of the next and previous pages of organizations with '$query' by $who scans a growing table [R53]",
    async ({ query, create }) => {
      const caller = await create();
      for (let made = 0; made < 4; made += 1) await createAccount(caller, { title: "Ge generated" });
      const list = `/accounts/organizations/?page_size=1${query}`;
      await expectNoScans(await statementsOfLinks(counter, caller, list), mayWalk);
    },
  );

  it("a member is found by an address with two index searches", async () => {
    const owner = await createUser();
    const made = await createAccount(owner);
    counter.read();
    const watched = counter.meter(owner);
    await watched.post(`/api/v1/account/${made.slug}/invite`, { email: uniqueEmail() });
    await watched.post(`/accounts/invite/?organization=${made.id}`, { invitee_identifier: uniqueEmail() });
    const asked = counter.read().statements.filter(({ sql }) => sql.includes("users.verified_email ="));
    expect(asked).toHaveLength(3);
    for (const plan of await explain(asked)) {
      expect(plan.filter((line) => line.includes(" users "))).toEqual([
        "SEARCH users USING INDEX users_email_key (email_key=?)",
        "SEARCH users USING INDEX users_verified_elsewhere (verified_email=?)",
      ]);
    }
  });

  it("no statement of a user's first request scans a growing table [R53]", async () => {
    await counter.meter(await createUser()).get("/api/v1/user");
    await expectNoScans(counter.read().statements, mayWalk);
  });

  it("no statement that erases an account scans a growing table [R53]", async () => {
    const owner = await createUser();
    const { id } = await createAccount(owner);
    await counter.meter(owner).delete(`/api/v1/account/${id}`);
    counter.read();
    const meter = new DatabaseMeter(env.DB);
    const message = { body: { kind: "erase-account", accountUuid: id }, ack: () => undefined };
    await worker.queue(
      {
        queue: "roster-jobs",
        messages: [{ ...message, id: "1", timestamp: new Date(), attempts: 1, retry: () => undefined }],
        metadata: { metrics: await env.JOBS.metrics() },
        ackAll: () => undefined,
        retryAll: () => undefined,
      },
      { ...env, DB: meter.database },
    );
    expect(await queryRow("SELECT count(*) AS count FROM erasures WHERE account_uuid = ?", id)).toEqual({
      count: 0,
    });
    await expectNoScans(meter.read().statements, mayWalk);
  });

  it("no statement that deletes a previous logo or orphaned logos scans a growing table [R53]", async () => {
    const made = await createAccount(await createUser());
    const hash = await storeLogo(made);
    const meter = new DatabaseMeter(env.DB);
    const change = { DB: meter.database, JOBS: delayedQueue };
    await deliverJobs([{ kind: "delete-logo", accountUuid: made.id, hash, upload: "former" }], change);
    await expectNoScans(meter.read().statements, mayWalk);

    const part = Number.parseInt(made.id.slice(0, 2), 16);
    const turns = Math.ceil(Date.now() / (256 * 5 * 60_000)) + 2;
    await runCron((turns * 256 + part) * 5 * 60_000, change);
    const { statements } = meter.read();
    expect(statements.filter(({ sql }) => sql.includes("logo_upload"))).toHaveLength(1);
    await expectNoScans(statements, mayWalk);
  });

  it("no statement of an invitation's mail scans a growing table [R53]", async () => {
    const made = await createAccount(await createUser());
    const uuid = await storeInvite(made);
    const meter = new DatabaseMeter(env.DB);
    const post = new Mailbox();
    await deliverJobs([{ kind: "mail-invitation", uuid, version: 1 }], {
      DB: meter.database,
      MAIL: post.binding,
      MAIL_FROM: mailFrom,
    });
    expect(post.sent).toHaveLength(1);
    const { roundTrips, rowsWritten, statements } = meter.read();
    expect({ roundTrips, rowsWritten }).toEqual({ roundTrips: 2, rowsWritten: 2 });
    await expectNoScans(statements, mayWalk);
  });

  it("no statement of the cron trigger scans a growing table [R53]", async () => {
    const meter = new DatabaseMeter(env.DB);
    await runCron(Date.now(), { DB: meter.database, JOBS: delayedQueue, MAIL_FROM: mailFrom });
    const { statements } = meter.read();
    expect(statements.some(({ sql }) => sql.includes("invites_unmailed"))).toBe(true);
    await expectNoScans(statements, mayWalk);
  });

  // No statement deletes a row of a reference table, so no statement looks for the rows that refer to it.
  it("every foreign key has an index in its table, unless it references a reference table", async () => {
    const { results: tables } = await env.DB.prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%FOREIGN KEY%'",
    ).all<{ name: string }>();
    expect(tables.length).toBeGreaterThan(5);
    const unindexed: string[] = [];
    for (const { name: table } of tables) {
      const [keys] = await runStatements([
        `SELECT "from" AS name FROM pragma_foreign_key_list(?1) WHERE "table" NOT IN (SELECT value FROM json_each(?2))`,
        table,
        JSON.stringify(referenceTableNames),
      ]);
      const [indexes] = await runStatements([
        `SELECT info.name FROM pragma_index_list(?) AS list, pragma_index_info(list.name) AS info WHERE info.seqno = 0`,
        table,
      ]);
      const leading = new Set(indexes?.map(({ name }) => name));
      for (const { name } of keys ?? []) if (!leading.has(name)) unindexed.push(`${table}.${String(name)}`);
    }
    expect(unindexed).toEqual([]);
  });
});

it("the rows that a request reads do not depend on the number of other accounts", async () => {
  await runStatements(["DELETE FROM accounts"]);
  const word = unique("marker");
  const [owner, reader, root] = [await createUser(), await createSupportUser(), await createOperator()];
  const made = await createAccount(owner, { title: `Generated of ${word}` });
  const [me] = await runStatements(["SELECT created_by FROM accounts WHERE uuid = ?", made.id]);
  const owned = Number(me?.[0]?.["created_by"]);
  for (let at = 1; at < 20; at += 1) {
    const { id } = await insertAccountOf(await insertUser());
    await runStatements([
      "UPDATE accounts SET title = ?1, title_key = ?1 WHERE id = ?2",
      `${word} ${at}`,
      id,
    ]);
    if (at < 5) await runStatements(memberInsert(id, owned));
  }
  await root.get("/api/v1/user");

  const list = "/accounts/organizations/";
  async function readings(): Promise<RowsRead> {
    const { read, cost } = measureRowsRead(counter);
    for (const [kind, caller] of Object.entries({ reader, operator: root })) {
      await cost(`${kind}: first page`, caller, list);
      await cost(`${kind}: last page`, caller, `${list}?page=last&page_size=20`);
      const last = await caller.get(`${list}?page=last&page_size=20`);
      const back = await cost(`${kind}: deep page, backwards`, caller, last.body.previous);
      const further = await caller.get(back.body.previous);
      const deep = await cost(`${kind}: deep page, onwards`, caller, further.body.next);
      expect(deep.body.results).toHaveLength(20);
      expect(deep.body.results).toEqual(back.body.results);
      await cost(`${kind}: by id`, caller, `/api/v1/account/${made.id}`);
      await cost(`${kind}: by slug`, caller, `/api/v1/account/${made.slug}`);
      await cost(`${kind}: filtered`, caller, `${list}?slug=${made.slug}`, 1);
      const found = await cost(`${kind}: search`, caller, `${list}?search=${word}&page_size=10`, 20);
      await cost(`${kind}: search, next page`, caller, found.body.next, 20);
      await cost(`${kind}: search for nothing`, caller, `${list}?search=nothing`, 0);
    }
    const size = "page_size=3";
    const first = await cost("owner: first page", owner, `${list}?${size}`, 5);
    await cost("owner: next page", owner, first.body.next, 5);
    await cost("owner: last page", owner, `${list}?${size}&page=last`, 5);
    await cost("owner: by id", owner, `/api/v1/account/${made.id}`);
    await cost("owner: search for a common word", owner, `${list}?search=generated`, 1);
    await cost("owner: search for a prefix", owner, `${list}?search=0`);
    await cost("owner: accounts", owner, "/api/v1/accounts");
    await cost("owner: welcome", owner, "/api/v1/user/welcome");
    await cost("owner: slug status", owner, `/api/v1/account/${made.slug}/status`);
    return read;
  }

  await generate(80);
  expect(await queryRow("SELECT value FROM counters WHERE name = 'accounts'")).toEqual({ value: 100 });
  const few = await readings();
  await generate(1_900);
  expect(await queryRow("SELECT value FROM counters WHERE name = 'accounts'")).toEqual({ value: 2_000 });
  const many = await readings();
  expect(costDifferences(few, many, 2)).toEqual([]);
  expect(Math.max(...Object.values(many))).toBeLessThanOrEqual(100);
});

it("the rows that a change reads and writes do not depend on the number of other accounts", async () => {
  async function changes(): Promise<[read: number, written: number][]> {
    const owner = await createUser();
    await owner.get("/api/v1/user");
    counter.read();
    const watched = counter.meter(owner);
    const readings: [number, number][] = [];
    const note = () => {
      const { rowsRead, rowsWritten } = counter.read();
      readings.push([rowsRead, rowsWritten]);
    };
    const slug = unique("acme");
    expect((await watched.post("/api/v1/accounts", { slug })).status).toBe(201);
    note();
    expect((await watched.patch(`/api/v1/account/${slug}`, { title: "Another" })).status).toBe(200);
    note();
    expect((await watched.delete(`/api/v1/account/${slug}`)).status).toBe(204);
    note();
    return readings;
  }
  await changes();
  const few = await changes();
  await generate(1_000);
  expect(await changes()).toEqual(few);
});
