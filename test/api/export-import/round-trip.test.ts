/** Export of a whole service and import into an empty one. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";

import { inconsistencies, referenceTableNames, queryRow, runStatements } from "../../support/database.ts";
import {
  derivedRows,
  exportService,
  importPath,
  importRows,
  importService,
  resetForImport,
  waitForFreshHour,
} from "../../support/export-import.ts";
import {
  addToGroup,
  Caller,
  createAccount,
  createOperator,
  createUser,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import { createImage, download, upload } from "../../support/logos.ts";
import { createZone } from "../../support/operator.ts";
import { createColleague } from "../../support/organization-users.ts";
import {
  currentUsage,
  event,
  incrementPath,
  incrementResponse,
  recordedResponse,
  recordEvents,
  runAlarm,
  usageObjectOf,
  usagePath,
  usedSums,
} from "../../support/usage.ts";

beforeEach(async () => {
  await waitForFreshHour();
  await resetForImport();
});

const box = "5b0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f22";

/** Fills every table of the service. */
async function fill() {
  const root = await createOperator();
  const [owner, member, leaving] = [
    await createUser({ name: "Ada Ö'Hara" }),
    await createUser(),
    await createUser(),
  ];
  const zone = await createZone(root, { private: true, location_hint: "weur" });
  const account = await createAccount(owner);
  const path = `/api/v1/account/${account.id}`;
  const placed = await root.post("/api/v1/accounts", { slug: unique("placed"), zone: zone.slug });
  const image = createImage();
  expect((await upload(owner, account, image)).status).toBe(204);
  const memberId = (await member.get("/api/v1/user")).body.id;
  await owner.patch(`${path}/users`, { add: [{ id: memberId, role: "AMEMBER" }] });
  await addToGroup(member, 3);
  await owner.post(`${path}/invite`, { email: "invited@example.com" });
  await owner.patch(path, { description: "Line\nand “quotes” \u{1F600}", title: "Acme ünd Söhne" });
  const token = (await owner.post("/api/v1/user/pa_tokens", { description: "A job" })).body.token as string;
  const key = { headers: { "Idempotency-Key": unique("key") } };
  const twice = { slug: unique("twice") };
  const made = await owner.post("/api/v1/accounts", twice, key);
  const job = { headers: { "Idempotency-Key": unique("job") } };
  expect(statusAndBody(await owner.post(incrementPath(account), { usage: 5 }, job))).toEqual(
    incrementResponse(5),
  );
  const one = event({ knowledgebox: box, timestamp: new Date(Date.now() - 3 * 86_400_000).toISOString() });
  await recordEvents(owner, account, one, event({ metric: "pages_processed", value: 7 }));
  // An account whose creator was deleted, and a deleted one with its cleanup pending.
  const orphan = await createAccount(leaving);
  await createColleague([{ ...orphan, title: "" }], { role: "AOWNER" });
  expect((await leaving.delete("/api/v1/user")).status).toBe(204);
  const gone = await createAccount(owner);
  expect((await owner.delete(`/api/v1/account/${gone.id}`)).status).toBe(204);
  await runStatements([
    "INSERT INTO erasures (account_uuid, account_id, asked_at) VALUES ('0b4b8c0e-7c0e-4b57-9d3d-0a4f2d6f7a10', 999, 9000000000000)",
  ]);
  await runStatements([
    "INSERT INTO mailed_addresses (day, email_key, mails) VALUES (20000, 'invited@example.com', 2)",
  ]);
  await runAlarm(account);
  return {
    root,
    owner,
    member,
    leaving,
    account,
    placed: placed.body.id as string,
    image,
    token,
    key,
    job,
    made,
    twice,
    one,
  };
}

describe("a whole service", () => {
  it("an imported service equals the exported one, row by row, with rows in every table", async () => {
    const { root } = await fill();
    const copy = await exportService(root);
    const made = await derivedRows();
    const present = new Set(copy.rows.map(({ table }) => table));
    const [tables = []] = await runStatements([
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '*_search*' AND name NOT GLOB '_cf_*' ORDER BY name",
    ]);
    const left = ["counters", "d1_migrations", "imports", "preconditions", ...referenceTableNames];
    expect([...present].sort()).toEqual(
      tables.map(({ name }) => String(name)).filter((name) => !left.includes(name)),
    );
    expect(new Set(Object.values(copy.usage).flatMap((rows) => rows.map(({ table }) => table)))).toEqual(
      new Set(["meta", "knowledge_boxes", "hours", "days", "answers", "seen_events"]),
    );

    await resetForImport();
    await importService(root, copy);
    expect(await exportService(root, 1_000)).toEqual(copy);
    expect(await derivedRows()).toEqual(made);
    expect(await inconsistencies()).toEqual([]);
    expect(await runStatements(["PRAGMA foreign_key_check"])).toEqual([[]]);
  });

  it("an imported service continues: counters, idempotency keys, tokens, logos, searches and the last owner", async () => {
    const filled = await fill();
    const { root, owner, member, leaving, account, image } = filled;
    const copy = await exportService(root);
    const before = await usedSums(owner, account);
    await resetForImport();
    await importService(root, copy);

    expect(await usedSums(owner, account)).toEqual(before);
    expect(statusAndBody(await owner.post(incrementPath(account), { usage: 5 }, filled.job))).toEqual(
      incrementResponse(5),
    );
    expect(statusAndBody(await owner.post(incrementPath(account), { usage: 2 }))).toEqual(
      incrementResponse(7),
    );
    expect(await currentUsage(account)).toBe(7);
    expect(statusAndBody(await owner.post(usagePath(account), { events: [filled.one] }))).toEqual(
      recordedResponse(0, 1),
    );
    await recordEvents(owner, account, event({ knowledgebox: box }));
    expect(await usedSums(owner, account)).toEqual({ ...before, usage: 7, ai_tokens_used: 2 });
    await runAlarm(account);
    expect((await owner.get(`/api/v1/account/${account.id}`)).body).toMatchObject({
      current_kbs: 1,
      current_users: 2,
    });

    const again = await owner.post("/api/v1/accounts", filled.twice, filled.key);
    expect(statusAndBody(again)).toEqual(statusAndBody(filled.made));
    const bearer = new Caller(filled.token);
    expect((await bearer.get("/api/v1/user")).body).toEqual((await owner.get("/api/v1/user")).body);
    expect((await download(owner, account)).bytes).toEqual(image);
    expect((await root.get("/accounts/organizations/?search=söhne")).body.results).toMatchObject([
      { uuid: account.id },
    ]);
    expect((await owner.delete("/api/v1/user")).status).toBe(409);
    expect((await member.get(`/api/v1/account/${account.slug}`)).status).toBe(200);
    // The token of a deleted user is still rejected.
    expect((await leaving.get("/api/v1/user")).status).toBe(401);

    const next = await createAccount(await createUser());
    const highest = Math.max(
      ...copy.rows.map(({ table, row: { id } }) => (table === "accounts" ? Number(id) : 0)),
    );
    expect(
      Number((await queryRow("SELECT id FROM accounts WHERE uuid = ?", next.id))?.["id"]),
    ).toBeGreaterThan(highest + 1);
    expect(await inconsistencies()).toEqual([]);
  });
});

describe("an import", () => {
  it("an import does not depend on the time of the export, because past hours are exported as rows", async () => {
    const { root, account } = await fill();
    // The same rows as if nothing was counted since.
    await runInDurableObject(usageObjectOf(account), (_meter, { storage: { sql } }) => {
      sql.exec("UPDATE meta SET hour = hour - 3600000 * 24");
    });
    await evictDurableObject(usageObjectOf(account));
    const copy = await exportService(root);
    const rows = copy.usage[account.id] ?? [];
    expect(rows.find(({ table }) => table === "meta")?.row).toMatchObject({ hour_usage: 0, usage: 5 });
    const sums = rows.filter(({ table }) => table === "hours").map(({ row: sum }) => Number(sum["usage"]));
    expect(Math.max(...sums)).toBe(5);
    await resetForImport();
    await importService(root, copy);
    await runAlarm(account);
    expect((await exportService(root)).usage).toEqual(copy.usage);
  });

  it("an interrupted import continues at its last position and imports no row twice", async () => {
    const { root } = await fill();
    const copy = await exportService(root);
    const id = crypto.randomUUID();
    await resetForImport();
    const first = copy.rows.slice(0, 10);
    expect((await importRows(root, { id, rows: first })).body).toEqual({ position: 10 });
    expect((await importRows(root, { id, rows: first })).body).toEqual({ position: 10 });
    expect((await importRows(root, { id, rows: copy.rows.slice(11, 12), position: 11 })).status).toBe(409);
    expect((await importRows(root, { id: crypto.randomUUID(), rows: first })).status).toBe(409);
    expect((await importRows(root, { id, rows: copy.rows.slice(10), position: 10 })).status).toBe(200);
    for (const [account, rows] of Object.entries(copy.usage)) {
      for (let time = 0; time < 2; time += 1) {
        expect((await root.post(`${importPath}/usage/${account}`, { rows })).status).toBe(204);
      }
    }
    await importRows(root, { id, rows: [], position: copy.rows.length, end: true });
    const { rows, usage } = await exportService(root);
    expect({ rows, usage }).toEqual({ rows: copy.rows, usage: copy.usage });
  });

  it("a user who creates an account during the import stays its owner", async () => {
    const { root } = await fill();
    const copy = await exportService(root);
    await resetForImport();
    const id = crypto.randomUUID();
    expect((await importRows(root, { id, rows: copy.rows.slice(0, 10) })).status).toBe(200);
    const newcomer = await createUser();
    const made = await createAccount(newcomer);
    expect((await newcomer.get(`/api/v1/account/${made.slug}/users`)).body).toMatchObject([
      { role: "AOWNER" },
    ]);
    expect(await queryRow("SELECT taking FROM imports")).toEqual({ taking: 0 });
  });

  it("an import replaces the user of an operator who has only signed in", async () => {
    const { root } = await fill();
    const copy = await exportService(root);
    await resetForImport();
    expect((await root.get("/api/manage/@accounts")).body.items).toEqual([]);
    await importService(root, copy);
    expect((await exportService(root)).rows).toEqual(copy.rows);
  });

  it("an import is rejected if there are other users or accounts, or if its rows are inconsistent", async () => {
    const { root, account } = await fill();
    const copy = await exportService(root);
    const id = crypto.randomUUID();
    const inUse = { status: 409, body: { detail: "The service is not empty. Import into a new service." } };
    const misfit = {
      status: 409,
      body: { detail: "The import data is inconsistent or was exported by an incompatible version." },
    };
    const none = { id, rows: [] };
    expect(statusAndBody(await importRows(root, none))).toEqual(inUse);
    await resetForImport();
    await (await createUser()).get("/api/v1/user");
    expect(statusAndBody(await importRows(root, none))).toEqual(inUse);
    await resetForImport();
    await createAccount(root);
    expect(statusAndBody(await importRows(root, none))).toEqual(inUse);
    await resetForImport();
    expect(statusAndBody(await root.post(`${importPath}/usage/${account.id}`, { rows: [] }))).toEqual(inUse);

    const of = (table: string) => copy.rows.filter((one) => one.table === table);
    const refused = [
      [{ table: "users", row: { id: 1 } }],
      // A membership of a missing account.
      of("memberships"),
      [...of("groups"), ...of("groups")],
    ];
    for (const rows of refused) expect(statusAndBody(await importRows(root, { id, rows }))).toEqual(misfit);
    expect(await queryRow("SELECT count(*) AS count FROM imports")).toEqual({ count: 0 });

    // Without members an account has no owner, so the import cannot be completed.
    const ownerless = copy.rows.filter(({ table }) => table !== "memberships");
    const position = ownerless.length;
    expect((await importRows(root, { id, rows: ownerless })).status).toBe(200);
    expect(statusAndBody(await importRows(root, { id, rows: [], position, end: true }))).toEqual(misfit);
    const rows = of("memberships");
    expect((await importRows(root, { id, rows, position, end: true })).status).toBe(200);
    expect(await inconsistencies()).toEqual([]);
  });
});
