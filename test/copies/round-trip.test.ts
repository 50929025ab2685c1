/** A service that is taken out and put into an empty one is the same service, and goes on. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";

import { anImage, download, upload } from "../accounts/logos.ts";
import { makeZone } from "../manage/face.ts";
import { makeColleague } from "../organizations/users.ts";
import { faults, row, run } from "../storage/rows.ts";
import {
  counted,
  event,
  increments,
  meterOf,
  record,
  recorded,
  ring,
  answered,
  total,
  usageOf,
  used,
} from "../usage.ts";
import { addToGroup, Caller, makeAccount, operator, someone, unique } from "../world.ts";
import { derived, importPath, putBack, putRows, roomInHour, startAnew, takeOut } from "./service.ts";

beforeEach(async () => {
  await roomInHour();
  await startAnew();
});

const box = "5b0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f22";

/** A service with something in every table. */
async function fill() {
  const root = await operator();
  const [owner, member, leaving] = [await someone({ name: "Ada Ö'Hara" }), await someone(), await someone()];
  const zone = await makeZone(root, { private: true, location_hint: "weur" });
  const account = await makeAccount(owner);
  const path = `/api/v1/account/${account.id}`;
  const placed = await root.post("/api/v1/accounts", { slug: unique("placed"), zone: zone.slug });
  const image = anImage();
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
  expect(answered(await owner.post(increments(account), { usage: 5 }, job))).toEqual(total(5));
  const one = event({ knowledgebox: box, timestamp: new Date(Date.now() - 3 * 86_400_000).toISOString() });
  await record(owner, account, one, event({ metric: "pages_processed", value: 7 }));
  // An account whose maker is gone, and one that is gone itself, its erasure still to be done.
  const orphan = await makeAccount(leaving);
  await makeColleague([{ ...orphan, title: "" }], { role: "AOWNER" });
  expect((await leaving.delete("/api/v1/user")).status).toBe(204);
  const gone = await makeAccount(owner);
  expect((await owner.delete(`/api/v1/account/${gone.id}`)).status).toBe(204);
  await run([
    "INSERT INTO erasures (account_uuid, account_id, asked_at) VALUES ('0b4b8c0e-7c0e-4b57-9d3d-0a4f2d6f7a10', 999, 9000000000000)",
  ]);
  await run([
    "INSERT INTO mailed_addresses (day, email_key, mails) VALUES (20000, 'invited@example.com', 2)",
  ]);
  await ring(account);
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
  it("comes back as it was, row by row, and has something of everything in it", async () => {
    const { root } = await fill();
    const copy = await takeOut(root);
    const made = await derived();
    const present = new Set(copy.rows.map(({ table }) => table));
    const [tables = []] = await run([
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '*_search*' AND name NOT GLOB '_cf_*' ORDER BY name",
    ]);
    const left = ["counters", "d1_migrations", "imports", "preconditions"];
    expect([...present].sort()).toEqual(
      tables.map(({ name }) => String(name)).filter((name) => !left.includes(name)),
    );
    expect(new Set(Object.values(copy.usage).flatMap((rows) => rows.map(({ table }) => table)))).toEqual(
      new Set(["meta", "knowledge_boxes", "hours", "days", "answers", "seen_events"]),
    );

    await startAnew();
    await putBack(root, copy);
    expect(await takeOut(root, 1_000)).toEqual(copy);
    expect(await derived()).toEqual(made);
    expect(await faults()).toEqual([]);
    expect(await run(["PRAGMA foreign_key_check"])).toEqual([[]]);
  });

  it("goes on: counts, repeats, tokens, logos, searches and the last owner", async () => {
    const told = await fill();
    const { root, owner, member, leaving, account, image } = told;
    const copy = await takeOut(root);
    const before = await used(owner, account);
    await startAnew();
    await putBack(root, copy);

    expect(await used(owner, account)).toEqual(before);
    expect(answered(await owner.post(increments(account), { usage: 5 }, told.job))).toEqual(total(5));
    expect(answered(await owner.post(increments(account), { usage: 2 }))).toEqual(total(7));
    expect(await counted(account)).toBe(7);
    expect(answered(await owner.post(usageOf(account), { events: [told.one] }))).toEqual(recorded(0, 1));
    await record(owner, account, event({ knowledgebox: box }));
    expect(await used(owner, account)).toEqual({ ...before, usage: 7, ai_tokens_used: 2 });
    await ring(account);
    expect((await owner.get(`/api/v1/account/${account.id}`)).body).toMatchObject({
      current_kbs: 1,
      current_users: 2,
    });

    const again = await owner.post("/api/v1/accounts", told.twice, told.key);
    expect(answered(again)).toEqual(answered(told.made));
    const bearer = new Caller(told.token);
    expect((await bearer.get("/api/v1/user")).body).toEqual((await owner.get("/api/v1/user")).body);
    expect((await download(owner, account)).bytes).toEqual(image);
    expect((await root.get("/accounts/organizations/?search=söhne")).body.results).toMatchObject([
      { uuid: account.id },
    ]);
    expect((await owner.delete("/api/v1/user")).status).toBe(409);
    expect((await member.get(`/api/v1/account/${account.slug}`)).status).toBe(200);
    // The token of a user who was deleted stays refused.
    expect((await leaving.get("/api/v1/user")).status).toBe(401);

    const next = await makeAccount(await someone());
    const highest = Math.max(
      ...copy.rows.map(({ table, row: { id } }) => (table === "accounts" ? Number(id) : 0)),
    );
    expect(Number((await row("SELECT id FROM accounts WHERE uuid = ?", next.id))?.["id"])).toBeGreaterThan(
      highest + 1,
    );
    expect(await faults()).toEqual([]);
  });
});

describe("an import", () => {
  it("is the same whenever it is exported: an hour that is over stands in its row", async () => {
    const { root, account } = await fill();
    // As it stands when nothing was counted since.
    await runInDurableObject(meterOf(account), (_meter, { storage: { sql } }) => {
      sql.exec("UPDATE meta SET hour = hour - 3600000 * 24");
    });
    await evictDurableObject(meterOf(account));
    const copy = await takeOut(root);
    const rows = copy.usage[account.id] ?? [];
    expect(rows.find(({ table }) => table === "meta")?.row).toMatchObject({ hour_usage: 0, usage: 5 });
    const sums = rows.filter(({ table }) => table === "hours").map(({ row: sum }) => Number(sum["usage"]));
    expect(Math.max(...sums)).toBe(5);
    await startAnew();
    await putBack(root, copy);
    await ring(account);
    expect((await takeOut(root)).usage).toEqual(copy.usage);
  });

  it("goes on where it broke off, and takes nothing twice", async () => {
    const { root } = await fill();
    const copy = await takeOut(root);
    const id = crypto.randomUUID();
    await startAnew();
    const first = copy.rows.slice(0, 10);
    expect((await putRows(root, { id, rows: first })).body).toEqual({ position: 10 });
    expect((await putRows(root, { id, rows: first })).body).toEqual({ position: 10 });
    expect((await putRows(root, { id, rows: copy.rows.slice(11, 12), position: 11 })).status).toBe(409);
    expect((await putRows(root, { id: crypto.randomUUID(), rows: first })).status).toBe(409);
    expect((await putRows(root, { id, rows: copy.rows.slice(10), position: 10 })).status).toBe(200);
    for (const [account, rows] of Object.entries(copy.usage)) {
      for (let time = 0; time < 2; time += 1) {
        expect((await root.post(`${importPath}/usage/${account}`, { rows })).status).toBe(204);
      }
    }
    await putRows(root, { id, rows: [], position: copy.rows.length, end: true });
    const { rows, usage } = await takeOut(root);
    expect({ rows, usage }).toEqual({ rows: copy.rows, usage: copy.usage });
  });

  it("leaves whoever makes an account meanwhile its owner", async () => {
    const { root } = await fill();
    const copy = await takeOut(root);
    await startAnew();
    const id = crypto.randomUUID();
    expect((await putRows(root, { id, rows: copy.rows.slice(0, 10) })).status).toBe(200);
    const stranger = await someone();
    const made = await makeAccount(stranger);
    expect((await stranger.get(`/api/v1/account/${made.slug}/users`)).body).toMatchObject([
      { role: "AOWNER" },
    ]);
    expect(await row("SELECT taking FROM imports")).toEqual({ taking: 0 });
  });

  it("takes the place of an operator who has only looked around", async () => {
    const { root } = await fill();
    const copy = await takeOut(root);
    await startAnew();
    expect((await root.get("/api/manage/@accounts")).body.items).toEqual([]);
    await putBack(root, copy);
    expect((await takeOut(root)).rows).toEqual(copy.rows);
  });

  it("is refused where anybody else is, or any account, and by rows that do not fit", async () => {
    const { root, account } = await fill();
    const copy = await takeOut(root);
    const id = crypto.randomUUID();
    const inUse = { status: 409, body: { detail: "Only an empty service can be imported into" } };
    const misfit = { status: 409, body: { detail: "This does not fit together, or is another version's" } };
    const none = { id, rows: [] };
    expect(answered(await putRows(root, none))).toEqual(inUse);
    await startAnew();
    await (await someone()).get("/api/v1/user");
    expect(answered(await putRows(root, none))).toEqual(inUse);
    await startAnew();
    await makeAccount(root);
    expect(answered(await putRows(root, none))).toEqual(inUse);
    await startAnew();
    expect(answered(await root.post(`${importPath}/usage/${account.id}`, { rows: [] }))).toEqual(inUse);

    const of = (table: string) => copy.rows.filter((one) => one.table === table);
    const refused = [
      [{ table: "users", row: { id: 1 } }],
      // A member of nothing.
      of("memberships"),
      [...of("groups"), ...of("groups")],
    ];
    for (const rows of refused) expect(answered(await putRows(root, { id, rows }))).toEqual(misfit);
    expect(await row("SELECT count(*) AS count FROM imports")).toEqual({ count: 0 });

    // Without its members an account has no owner, and so the import no end.
    const ownerless = copy.rows.filter(({ table }) => table !== "memberships");
    const position = ownerless.length;
    expect((await putRows(root, { id, rows: ownerless })).status).toBe(200);
    expect(answered(await putRows(root, { id, rows: [], position, end: true }))).toEqual(misfit);
    const rows = of("memberships");
    expect((await putRows(root, { id, rows, position, end: true })).status).toBe(200);
    expect(await faults()).toEqual([]);
  });
});
