/** The export of an account, one line per row. */
import { describe, expect, it } from "vitest";

import type { UsageRow } from "../../../src/durable/export.ts";
import { toBuckets } from "../../../src/services/export-import/export-account.ts";
import { inconsistencies, queryRow, runStatements } from "../../support/database.ts";
import { waitForFreshHour } from "../../support/export-import.ts";
import {
  addMember,
  type ApiResponse,
  type Caller,
  createAccount,
  createUser,
  type TestAccount,
  unique,
} from "../../support/fixtures.ts";
import { createImage, logosWithout, upload } from "../../support/logos.ts";
import {
  captureErrors,
  day,
  event,
  hour,
  incrementPath,
  metricNames,
  recordEvents,
  workerWithoutUsage,
} from "../../support/usage.ts";
import { workerWith } from "../../support/worker.ts";

const path = ({ id }: TestAccount) => `/api/v1/account/${id}/export`;
const box = "5b0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f22";

type Line = Record<string, ReturnType<typeof JSON.parse>>;

function linesOf({ text }: ApiResponse): Line[] {
  expect(text.endsWith("\n")).toBe(true);
  return text
    .trimEnd()
    .split("\n")
    .map((line): Line => JSON.parse(line));
}

async function exported(caller: Caller, account: TestAccount): Promise<Line[]> {
  const answer = await caller.get(path(account));
  expect([answer.status, answer.headers.get("Content-Type")]).toEqual([200, "application/x-ndjson"]);
  return linesOf(answer);
}

const kinds = (lines: readonly Line[]) => lines.map(({ kind }) => kind as string);

describe("the export of an account", () => {
  it("the export has the account, its members, invitations, audit log, usage and logo, and a last line that marks it as complete", async () => {
    await waitForFreshHour();
    const owner = await createUser({ name: "Ada Lovelace" });
    const account = await createAccount(owner);
    const own = `/api/v1/account/${account.id}`;
    const image = createImage();
    await upload(owner, account, image);
    const email = `${unique("invited")}@example.com`;
    await owner.post(`${own}/invite`, { email, role: "AOWNER" });
    const start = Math.floor(Date.now() / day) * day - 30 * day;
    const timestamp = new Date(start + 13.5 * hour).toISOString();
    await recordEvents(owner, account, event({ knowledgebox: box, timestamp, value: 3 }));
    await owner.post(incrementPath(account), { usage: 2 });
    const me = (await owner.get("/api/v1/user")).body;

    const lines = await exported(owner, account);
    const history = (await owner.get(`${own}/audit`)).body.items.toReversed();
    const theHour = {
      kind: "usage",
      bucket: "hour",
      timestamp: new Date(start + 13 * hour).toISOString(),
      metrics: { ai_tokens_used: 3 },
    };
    const theDay = { ...theHour, bucket: "day", timestamp: new Date(start).toISOString() };
    const moment = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const counted = { kind: "usage", timestamp: moment, knowledgebox: null, metrics: { usage: 2 } };
    expect(lines).toEqual([
      { kind: "account", ...(await owner.get(own)).body },
      { kind: "member", id: me.id, name: "Ada Lovelace", email: owner.email, role: "AOWNER", since: moment },
      {
        kind: "invitation",
        id: expect.any(String),
        email,
        role: "AOWNER",
        state: "pending",
        sent_at: moment,
        expires: moment,
        invited_by: me.id,
        accepted_by: null,
      },
      ...history.map((change: Line) => ({ kind: "change", ...change })),
      { ...theHour, knowledgebox: null },
      { ...theHour, knowledgebox: box },
      { ...theDay, knowledgebox: null },
      { ...theDay, knowledgebox: box },
      { ...counted, bucket: "hour" },
      { ...counted, bucket: "day" },
      { kind: "logo", type: "image/png", base64: image.toBase64() },
      { kind: "end", member: 1, invitation: 1, change: history.length, usage: 6, logo: 1 },
    ]);
  });

  it("the export counts the current hour once, in its hour and its day", () => {
    const at = Date.UTC(2026, 0, 31, 13);
    const sums = Object.fromEntries(metricNames.map((name) => [name, name === "usage" ? 3 : 0]));
    const rows = (knowledgebox: string) =>
      [
        ["hours", at],
        ["days", Date.UTC(2026, 0, 31)],
      ].map(([table, start]) => ({ table, row: { knowledgebox, at: start, ...sums } }) as UsageRow);
    const buckets = toBuckets();
    const converted = buckets.convert([
      { table: "meta", row: { hour: at, hour_usage: 2 } },
      ...rows(""),
      ...rows(box),
    ]);
    expect(converted.map(({ size, sums: { usage } }) => [size, usage])).toEqual([
      ["hour", 5],
      ["day", 5],
      ["hour", 3],
      ["day", 3],
    ]);
    expect(buckets.rest()).toEqual([]);
  });

  it("the export returns many pages of everything in order, each row once", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const id = Number((await queryRow("SELECT id FROM accounts WHERE uuid = ?", account.id))?.["id"]);
    const many = 450;
    const numbers = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 450)";
    const mark = unique("many");
    await runStatements(
      [
        `INSERT INTO users (uuid, email, search_text, created_at) ${numbers} SELECT lower(hex(randomblob(16))), ? || n, '', 0 FROM n`,
        mark,
      ],
      [
        "INSERT INTO memberships (account_id, user_id, role, created_at) SELECT ?, id, 'AMEMBER', 0 FROM users WHERE instr(email, ?) = 1",
        id,
        mark,
      ],
      [
        `INSERT INTO invites (uuid, account_id, email, email_key, role, state, sent_at, valid_until, created_at)
         ${numbers} SELECT lower(hex(randomblob(16))), ?, n, n, 'AMEMBER', 'revoked', 0, 0, 0 FROM n`,
        id,
      ],
      [
        `INSERT INTO audit_rows (account_id, at, actor, action, target, changes, request_id)
         ${numbers} SELECT ?, 0, 'system', 'made', n, '{}', '' FROM n`,
        id,
      ],
    );
    const lines = await exported(owner, account);
    expect(lines.at(-1)).toMatchObject({ member: many + 1, invitation: many, change: many + 1 });
    expect(new Set(lines.map((line) => JSON.stringify(line))).size).toBe(lines.length);
    expect(await inconsistencies()).toEqual([]);
  });

  it("the export has no last line if something could not be read, and does not say why", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    await upload(owner, account, createImage());
    const workers = [workerWithoutUsage(), workerWith({ LOGOS: logosWithout("get") })];
    const logged = await captureErrors(async () => {
      for (const worker of workers) {
        const lines = await exported(owner.via(worker), account);
        expect(kinds(lines).slice(0, 2)).toEqual(["account", "member"]);
        expect(kinds(lines)).not.toContain("end");
      }
    });
    expect(logged).toContainEqual(expect.objectContaining({ event: "unexpected_error" }));
  });

  it("the export contains no other account, is refused to members, and answers HEAD without a body", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const other = await createAccount(owner);
    const member = await createUser();
    await member.get("/api/v1/user");
    await addMember(other, member);
    const text = (await owner.get(path(account))).text;
    expect(text).not.toContain(other.id);
    expect(text).not.toContain(member.email);
    expect((await member.get(path(other))).status).toBe(403);
    const head = await owner.send("HEAD", path(account));
    expect([head.status, head.text]).toEqual([200, ""]);
    expect(head.headers.get("Content-Disposition")).toBe(`attachment; filename="${account.slug}.ndjson"`);
  });
});
