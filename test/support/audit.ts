/** Audit rows in the database and in the accounts API's list. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";

import { firstAuditId } from "../../src/domain/audit.ts";
import { execute } from "./database.ts";
import type { ApiResponse, Caller, TestAccount } from "./fixtures.ts";

/** A row of the table `audit_rows` with its changes parsed. */
export interface StoredAuditRow {
  readonly id: number;
  readonly at: number;
  readonly account_id: number | null;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly changes: Readonly<Record<string, unknown>>;
  readonly request_id: string;
}

/** Returns the rows that a request wrote. */
export async function auditRowsOf(answer: ApiResponse): Promise<StoredAuditRow[]> {
  const { results } = await env.DB.prepare("SELECT * FROM audit_rows WHERE request_id = ? ORDER BY id")
    .bind(answer.headers.get("X-Request-Id"))
    .all<Omit<StoredAuditRow, "changes"> & { changes: string }>();
  return results.map((row) => ({ ...row, changes: JSON.parse(row.changes) }));
}

/** Asserts that a request wrote this row, and `otherRows` rows to the audit logs of other accounts. */
export async function expectAuditRow(
  answer: ApiResponse,
  row: Pick<StoredAuditRow, "actor" | "action" | "target" | "changes">,
  otherRows = 0,
): Promise<StoredAuditRow> {
  const all = await auditRowsOf(answer);
  expect(all).toHaveLength(1 + otherRows);
  const rows = all.filter(({ action }) => action === row.action);
  expect(rows).toEqual([
    {
      ...row,
      id: expect.any(Number),
      at: expect.any(Number),
      account_id: rows[0]?.account_id ?? null,
      request_id: answer.headers.get("X-Request-Id"),
    },
  ]);
  const [{ id, at }] = rows as [StoredAuditRow];
  expect(Math.abs(Date.now() - at)).toBeLessThan(10_000);
  expect(id).toBeGreaterThanOrEqual(firstAuditId(at));
  return rows[0] as StoredAuditRow;
}

export async function userIdOf(caller: Caller): Promise<string> {
  return (await caller.get("/api/v1/user")).body.id;
}

/** An entry of the list. */
export interface AuditEntry {
  readonly id: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly changes: Readonly<Record<string, unknown>>;
  readonly request_id: string;
}

export function auditPath(
  account: TestAccount,
  query: Readonly<Record<string, string | number>> = {},
): string {
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  return `/api/v1/account/${account.slug}/audit?${search.toString()}`;
}

/** Returns one page of a list, which must exist. */
export async function auditPage(
  caller: Caller,
  account: TestAccount,
  query: Readonly<Record<string, string | number>> = {},
): Promise<{ items: AuditEntry[]; next: string | null }> {
  const answer = await caller.get(auditPath(account, query));
  expect([answer.status, answer.text]).toEqual([200, answer.text]);
  expect(Object.keys(answer.body)).toEqual(["items", "next"]);
  return answer.body;
}

/** Fetches all pages of a list one after another. `between` runs after each page. */
export async function auditPages(
  caller: Caller,
  account: TestAccount,
  query: Readonly<Record<string, string | number>> = {},
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<AuditEntry[][]> {
  const pages: AuditEntry[][] = [];
  let cursor: string | null = null;
  do {
    const { items, next } = await auditPage(caller, account, cursor === null ? query : { ...query, cursor });
    pages.push(items);
    cursor = next;
    await between();
  } while (cursor !== null);
  return pages;
}

let stored = 0;

/** Inserts audit rows of an account, one second apart, beginning at `since`. */
export async function storeAuditRows(
  account: TestAccount,
  count: number,
  { since = "2020-01-01T00:00:00Z", actor = "system", action = "account.updated" } = {},
): Promise<void> {
  // Two calls never use the same id, even for the same second.
  stored += 1;
  await execute(
    `INSERT INTO audit_rows (id, account_id, at, actor, action, target, changes, request_id)
     WITH RECURSIVE numbers(number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM numbers WHERE number + 1 < ?1)
     SELECT (?2 + number * 1000) * 1024 + ?6, (SELECT id FROM accounts WHERE uuid = ?3), ?2 + number * 1000,
       ?4, ?5, 'account:' || ?3, '{}', 'row-' || cast(number AS TEXT)
     FROM numbers`,
    count,
    Date.parse(since),
    account.id,
    actor,
    action,
    stored,
  );
}
