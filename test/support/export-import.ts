/** Exports and imports a whole service through the operator API, as the scripts do. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";

import { runStatements } from "./database.ts";
import type { ApiResponse, Caller } from "./fixtures.ts";
import { resetService } from "./reset.ts";
import { hour, usageObjectOf } from "./usage.ts";

export const rowsPath = "/api/manage/@export";
export const importPath = "/api/manage/@import";

export interface ExportedRow {
  readonly table: string;
  readonly row: Record<string, string | number | null>;
}

/** All data of a service. */
export interface ServiceExport {
  readonly rows: readonly ExportedRow[];
  readonly usage: Readonly<Record<string, readonly ExportedRow[]>>;
  /** Base64. */
  readonly logos: Readonly<Record<string, string>>;
}

/** Waits for the next hour if the current one is nearly over: usage of a past hour is stored in another table. */
export async function waitForFreshHour(seconds = 20): Promise<void> {
  const left = hour - (Date.now() % hour);
  if (left < seconds * 1000) await scheduler.wait(left + 50);
}

/** Exports everything, in pages of a few rows. */
export async function exportService(root: Caller, limit = 3): Promise<ServiceExport> {
  const rows: ExportedRow[] = [];
  const usage: Record<string, ExportedRow[]> = {};
  const logos: Record<string, string> = {};
  for await (const page of pages(root, `${rowsPath}?limit=${limit}`)) {
    rows.push(...page["rows"].map((row: ExportedRow["row"]) => ({ table: page["table"], row })));
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
    const answer: ApiResponse = await root.get(next === "" ? path : `${path}&cursor=${next}`);
    expect([answer.status, answer.text]).toEqual([200, answer.text]);
    yield answer.body;
    ({ next } = answer.body as { next: string | null });
  }
}

/** Imports some rows of an export. */
export function importRows(
  root: Caller,
  {
    id,
    rows,
    position = 0,
    end = false,
  }: { id: string; rows: readonly object[]; position?: number; end?: boolean },
): Promise<ApiResponse> {
  return root.post(importPath, { export: id, position, rows, end });
}

/** Imports a whole export, `step` rows per request. */
export async function importService(
  root: Caller,
  copy: ServiceExport,
  step = 7,
  id = crypto.randomUUID(),
): Promise<void> {
  for (let position = 0; position < copy.rows.length; position += step) {
    const rows = copy.rows.slice(position, position + step);
    const answer = await importRows(root, { id, rows, position });
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
  const ended = await importRows(root, { id, rows: [], position: copy.rows.length, end: true });
  expect([ended.status, ended.text]).toEqual([200, ended.text]);
}

/** Empties the database, the logos and the usage objects. */
export async function resetForImport(): Promise<void> {
  const [accounts = []] = await runStatements(["SELECT uuid FROM accounts"]);
  // The import creates these accounts again.
  await Promise.all(accounts.map(({ uuid }) => usageObjectOf({ id: String(uuid) }).erase()));
  await resetService();
}

/** Returns derived data: counters and results of the search indexes. */
export async function derivedRows(): Promise<unknown> {
  return runStatements(
    ["SELECT * FROM counters ORDER BY name"],
    ["SELECT id, member_count FROM accounts ORDER BY id"],
    ["SELECT rowid FROM accounts_search WHERE accounts_search MATCH 'acme' ORDER BY rowid"],
    ["SELECT rowid FROM users_search WHERE users_search MATCH 'example' ORDER BY rowid"],
  );
}
