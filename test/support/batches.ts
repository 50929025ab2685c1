/** Records the batches that write to the database, and makes them fail. */
import { env } from "cloudflare:workers";

import { runStatements } from "./database.ts";

/** Statements that the database rejects because of a trigger or a constraint. */
export const failingStatements = {
  "a failing assertion": "INSERT INTO preconditions (name, holds) VALUES ('injected', 0)",
  "a violated constraint": "INSERT INTO counters (name, value) VALUES ('accounts', 0)",
} as const;

/** A statement that makes a batch fail, and its position. */
export interface InjectedFailure {
  /** The inserted statement. */
  readonly statement: string;
  /** Number of the batch's own statements before it. */
  readonly after: number;
}

/** A database that passes everything on and can insert a failing statement. */
export class BatchRecorder {
  readonly database: D1Database;
  /** How every writing batch fails; undefined if it does not. */
  failure: InjectedFailure | undefined;
  /** Whether the response to a committed batch is lost. */
  losesAnswers = false;
  #sent: string[][] = [];
  readonly #originals = new WeakMap<object, { sql: string; statement: D1PreparedStatement }>();

  constructor() {
    this.database = new Proxy(env.DB, {
      get: (target, name) => {
        if (name === "prepare") return (sql: string) => this.#wrap(sql, target.prepare(sql));
        if (name === "batch") return (statements: D1PreparedStatement[]) => this.#batch(statements);
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  /** Returns the writing batches since the last call, each as the SQL of its own statements. */
  read(): string[][] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  async #batch(statements: D1PreparedStatement[]): Promise<D1Result[]> {
    const known = statements.map((statement) => this.#originals.get(statement));
    const originals = known.flatMap((one) => one?.statement ?? []);
    const sentences = known.flatMap((one) => one?.sql ?? []);
    if (originals.length !== statements.length) throw new Error("A statement of another database");
    if (!sentences.some(isChange)) return env.DB.batch(originals);
    this.#sent.push(sentences);
    if (this.failure !== undefined) {
      originals.splice(this.failure.after, 0, env.DB.prepare(this.failure.statement));
    }
    const results = await env.DB.batch(originals);
    if (this.losesAnswers) throw new Error("D1_ERROR: Network connection lost.");
    return results;
  }

  #wrap(sql: string, statement: D1PreparedStatement): D1PreparedStatement {
    const wrapped = new Proxy(statement, {
      get: (target, name) => {
        if (name === "bind") return (...values: unknown[]) => this.#wrap(sql, target.bind(...values));
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    this.#originals.set(wrapped, { sql, statement });
    return wrapped;
  }
}

/** Returns whether a statement writes. Rows of `preconditions` are never stored. */
function isChange(sql: string): boolean {
  const [, table] = /^\s*(?:insert into|update|delete from) "?(\w+)"?/i.exec(sql) ?? [];
  return table !== undefined && table !== "preconditions";
}

/** Columns that the usage objects update asynchronously. */
const mirrored = { usage: 0, usage_period: 0, current_kbs: 0, quota_until: 0 };

/** Size up to which a database is read completely: more than these tests store, and cheap for the runtime. */
const mostBytes = 8 * 1024 * 1024;

/** Returns all rows of all tables and search indexes in a stable order, without columns that usage objects update. */
export async function readAllRows(): Promise<Readonly<Record<string, string[]>>> {
  const { results: tables, meta } = await env.DB.prepare(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'
     AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' ORDER BY name`,
  ).all();
  if (meta.size_after > mostBytes) throw new Error(`${meta.size_after} bytes are too many to compare`);
  const names = tables.map(({ name }) => String(name));
  const rows = await runStatements(...names.map((name) => [`SELECT * FROM "${name}"`] as const));
  return Object.fromEntries(
    names.map((name, at) => [
      name,
      (rows[at] ?? [])
        .map((row) => JSON.stringify(name === "accounts" ? { ...row, ...mirrored } : row))
        .sort(),
    ]),
  );
}
