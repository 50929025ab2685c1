/** A whole service, taken out and put back through the operator's face, as the scripts do. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";

import { beginAnew } from "../new-service.ts";
import { run } from "../storage/rows.ts";
import { hour, meterOf } from "../usage.ts";
import type { Answer, Caller } from "../world.ts";

export const rowsPath = "/api/manage/@export";
export const importPath = "/api/manage/@import";

export interface CopiedRow {
  readonly table: string;
  readonly row: Record<string, string | number | null>;
}

/** Everything of a service. */
export interface Copy {
  readonly rows: readonly CopiedRow[];
  readonly usage: Readonly<Record<string, readonly CopiedRow[]>>;
  /** In base64. */
  readonly logos: Readonly<Record<string, string>>;
}

/** Waits, where the clock's hour is nearly over, for the next one: what was counted in an hour stands elsewhere once it is over. */
export async function roomInHour(seconds = 20): Promise<void> {
  const left = hour - (Date.now() % hour);
  if (left < seconds * 1000) await scheduler.wait(left + 50);
}

/** Takes out all there is, in pages of a few rows. */
export async function takeOut(root: Caller, limit = 3): Promise<Copy> {
  const rows: CopiedRow[] = [];
  const usage: Record<string, CopiedRow[]> = {};
  const logos: Record<string, string> = {};
  for await (const page of pages(root, `${rowsPath}?limit=${limit}`)) {
    rows.push(...page["rows"].map((row: CopiedRow["row"]) => ({ table: page["table"], row })));
  }
  for (const { row } of rows.filter(({ table }) => table === "accounts")) {
    const id = String(row["uuid"]);
    usage[id] = [];
    for await (const page of pages(root, `${rowsPath}/usage/${id}?`)) usage[id].push(...page["rows"]);
    if (row["logo_hash"] === null) continue;
    const object = await env.LOGOS.get(`accounts/${id}/${row["logo_hash"]}/${row["logo_upload"]}`);
    logos[id] = new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer()).toBase64();
  }
  return { rows, usage, logos };
}

async function* pages(root: Caller, path: string): AsyncGenerator<ReturnType<typeof JSON.parse>> {
  let next: string | null = "";
  while (next !== null) {
    const answer: Answer = await root.get(next === "" ? path : `${path}&cursor=${next}`);
    expect([answer.status, answer.text]).toEqual([200, answer.text]);
    yield answer.body;
    ({ next } = answer.body as { next: string | null });
  }
}

/** Puts rows of an export into the service. */
export function putRows(
  root: Caller,
  {
    id,
    rows,
    position = 0,
    end = false,
  }: { id: string; rows: readonly object[]; position?: number; end?: boolean },
): Promise<Answer> {
  return root.post(importPath, { export: id, position, rows, end });
}

/** Puts a copy into the service, so many rows a request. */
export async function putBack(root: Caller, copy: Copy, step = 7, id = crypto.randomUUID()): Promise<void> {
  for (let position = 0; position < copy.rows.length; position += step) {
    const rows = copy.rows.slice(position, position + step);
    const answer = await putRows(root, { id, rows, position });
    expect([answer.status, answer.body]).toEqual([200, { position: position + rows.length }]);
  }
  for (const [account, base64] of Object.entries(copy.logos)) {
    const form = new FormData();
    form.append("file", new File([Uint8Array.fromBase64(base64)], "logo"));
    expect((await root.put(`${importPath}/logo/${account}`, undefined, { raw: form })).status).toBe(204);
  }
  for (const [account, rows] of Object.entries(copy.usage)) {
    expect((await root.post(`${importPath}/usage/${account}`, { rows })).status).toBe(204);
  }
  const ended = await putRows(root, { id, rows: [], position: copy.rows.length, end: true });
  expect([ended.status, ended.text]).toEqual([200, ended.text]);
}

/** Makes the service what a new one is: its database, its logos and its usage objects. */
export async function startAnew(): Promise<void> {
  const [accounts = []] = await run(["SELECT uuid FROM accounts"]);
  // The copy brings these accounts back.
  await Promise.all(accounts.map(({ uuid }) => meterOf({ id: String(uuid) }).erase()));
  await beginAnew();
}

/** What is made of other rows: counters, and what the search indexes answer. */
export async function derived(): Promise<unknown> {
  return run(
    ["SELECT * FROM counters ORDER BY name"],
    ["SELECT id, member_count FROM accounts ORDER BY id"],
    ["SELECT rowid FROM accounts_search WHERE accounts_search MATCH 'acme' ORDER BY rowid"],
    ["SELECT rowid FROM users_search WHERE users_search MATCH 'example' ORDER BY rowid"],
  );
}
