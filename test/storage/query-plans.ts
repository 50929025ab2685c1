/** Checks the query plans of statements. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";

import type { CostMeter, SentStatement } from "../support/cost-meter.ts";
import type { Caller } from "../support/fixtures.ts";

/** A line of a query plan that scans a table or an index. */
export interface TableScan {
  readonly sql: string;
  /** The scanned table or index, such as `accounts USING INDEX accounts_title`. */
  readonly target: string;
  readonly plan: readonly string[];
  /** Index of the line in the plan. */
  readonly place: number;
}

/** Tables that only operators fill. */
const small = ["zones", "groups", "group_permissions", "counters", "imports", "sqlite_sequence"];

/** Asserts that no statement scans a table that grows with use, unless `mayWalk` allows it. */
export async function expectNoScans(
  statements: readonly SentStatement[],
  mayWalk: (walk: TableScan) => boolean,
): Promise<void> {
  const distinct = [...new Map(statements.map((statement) => [statement.sql, statement])).values()];
  expect(distinct.length).toBeGreaterThan(0);
  const plans = await explain(distinct);
  const wrong = distinct
    .map(({ sql }, at) => {
      const plan = plans[at] ?? [];
      return { sql, plan, lines: plan.filter((_, place) => isWrong(sql, plan, place, mayWalk)) };
    })
    .filter(({ lines }) => lines.length > 0);
  expect(wrong).toEqual([]);
}

/** Returns the lines of each statement's plan. */
export async function explain(statements: readonly SentStatement[]): Promise<string[][]> {
  const explained = statements.map(({ sql, parameters }) =>
    env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`).bind(...parameters),
  );
  const results = await env.DB.batch<{ detail: string }>(explained);
  return results.map(({ results: rows }) => rows.map(({ detail }) => detail));
}

export function isSort(line: string): boolean {
  return line.startsWith("USE TEMP B-TREE FOR ORDER BY");
}

/** Returns the statements of the next and previous links of a list's third page. */
export async function statementsOfLinks(
  counter: CostMeter,
  caller: Caller,
  list: string,
): Promise<readonly SentStatement[]> {
  const watched = counter.meter(caller);
  const first = await watched.get(list);
  const second = await watched.get(first.body.next);
  const third = await watched.get(second.body.next);
  expect(third.body.previous).toContain("cursor=");
  counter.read();
  await watched.get(third.body.next);
  const back = await watched.get(third.body.previous);
  expect(back.body.results).toEqual(second.body.results);
  return counter.read().statements;
}

function isWrong(
  sql: string,
  plan: readonly string[],
  place: number,
  mayWalk: (walk: TableScan) => boolean,
): boolean {
  const [, target] = /^SCAN (.+)$/.exec(plan[place] ?? "") ?? [];
  if (target === undefined) return false;
  // For a virtual table, SCAN may be a match in the search index or the elements of json_each.
  if (target.includes(" VIRTUAL TABLE ")) return target.includes("_search ") && !/:[^ ]*M/.test(target);
  if (target === "CONSTANT ROW" || target.startsWith("(subquery")) return false;
  if (small.some((table) => target === table || target.startsWith(`${table} `))) return false;
  return !mayWalk({ sql, target, plan, place });
}
