/** The batches that change something: written down as they are sent, and made to fail. */
import { env } from "cloudflare:workers";

import { run } from "./database.ts";

/** A statement the database refuses, for a trigger or a constraint of its own. */
export const failingStatements = {
  "a precondition that does not hold": "INSERT INTO preconditions (name, holds) VALUES ('injected', 0)",
  "a constraint that is violated": "INSERT INTO counters (name, value) VALUES ('accounts', 0)",
} as const;

/** Where a batch fails, and how. */
export interface InjectedFailure {
  /** The statement that is put in. */
  readonly statement: string;
  /** How many of the batch's own statements come before it. */
  readonly after: number;
}

/** Stands before the database and passes everything on, to which it may put a statement that fails. */
export class BatchRecorder {
  readonly database: D1Database;
  /** How every changing batch fails; undefined: it does not. */
  failure: InjectedFailure | undefined;
  /** Whether the answer to a changing batch, which is done, is lost. */
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

  /** The changing batches since the last reading, each as the SQL of its own statements. */
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

/** Whether a statement changes what is stored: a precondition never is. */
function isChange(sql: string): boolean {
  const [, table] = /^\s*(?:insert into|update|delete from) "?(\w+)"?/i.exec(sql) ?? [];
  return table !== undefined && table !== "preconditions";
}

/** What the usage objects tell of accounts, each in its own time. */
const mirrored = { usage: 0, usage_period: 0, current_kbs: 0, quota_until: 0 };

/** How large a database is read whole: many times what these tests store, and little to the runtime. */
const mostBytes = 8 * 1024 * 1024;

/** Every row of every table, those of the search indexes too, in an order of its own; without what usage objects tell. */
export async function readAllRows(): Promise<Readonly<Record<string, string[]>>> {
  const { results: tables, meta } = await env.DB.prepare(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'
     AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' ORDER BY name`,
  ).all();
  if (meta.size_after > mostBytes)
    throw new Error(`${meta.size_after} bytes are too many to be held against others`);
  const names = tables.map(({ name }) => String(name));
  const rows = await run(...names.map((name) => [`SELECT * FROM "${name}"`] as const));
  return Object.fromEntries(
    names.map((name, at) => [
      name,
      (rows[at] ?? [])
        .map((row) => JSON.stringify(name === "accounts" ? { ...row, ...mirrored } : row))
        .sort(),
    ]),
  );
}
