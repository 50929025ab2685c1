/** Counts a request's queries and its calls of usage objects. */
import { env } from "cloudflare:workers";

import type { Env } from "../../src/env.ts";
import type { Caller } from "./fixtures.ts";
import { workerWith } from "./worker.ts";

/** A statement with its parameters. */
export interface SentStatement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** Cost of the queries since the meter was created or last read. */
export interface DatabaseCost {
  /** Calls that leave the worker: each batch, first, all, run, raw and exec counts as one. */
  readonly roundTrips: number;
  /** As billed by D1. `first` and `raw` do not report rows, so their rows are not included. */
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly statements: readonly SentStatement[];
}

/** Every statement that any meter has counted, with its number of parameters. */
export const sentStatements = new Map<string, number>();

/** A database that passes everything on and counts it. */
export class DatabaseMeter {
  readonly database: D1Database;
  #statements: SentStatement[] = [];
  #roundTrips = 0;
  #rowsRead = 0;
  #rowsWritten = 0;

  constructor(database: D1Database) {
    this.database = {
      ...this.#part(database),
      exec: (query) => {
        this.#trip({ sql: query, parameters: [] });
        return database.exec(query);
      },
      withSession: (constraint) => {
        const session = database.withSession(constraint);
        return { ...this.#part(session), getBookmark: () => session.getBookmark() };
      },
      // Deprecated, and not used by the service.
      dump: () => Promise.reject(new Error("dump is not counted")),
    };
  }

  /** Returns the cost since the last call and resets it. */
  read(): DatabaseCost {
    const reading = {
      roundTrips: this.#roundTrips,
      rowsRead: this.#rowsRead,
      rowsWritten: this.#rowsWritten,
      statements: this.#statements,
    };
    this.#statements = [];
    this.#roundTrips = 0;
    this.#rowsRead = 0;
    this.#rowsWritten = 0;
    return reading;
  }

  #part(database: Pick<D1Database, "prepare" | "batch">): Pick<D1Database, "prepare" | "batch"> {
    return {
      prepare: (sql) => new MeteredStatement(this, database.prepare(sql), { sql, parameters: [] }),
      batch: async <Row>(statements: D1PreparedStatement[]) => {
        const metered = statements.filter((statement) => statement instanceof MeteredStatement);
        if (metered.length !== statements.length) throw new Error("A statement of another database");
        this.#trip(...metered.map(({ sent }) => sent));
        const results = await database.batch<Row>(metered.map(({ inner }) => inner));
        for (const { meta } of results) this.note(meta);
        return results;
      },
    };
  }

  trip(sent: SentStatement): void {
    this.#trip(sent);
  }

  note(meta: D1Meta): void {
    this.#rowsRead += meta.rows_read;
    this.#rowsWritten += meta.rows_written;
  }

  #trip(...sent: SentStatement[]): void {
    this.#roundTrips += 1;
    this.#statements.push(...sent);
    for (const { sql, parameters } of sent) sentStatements.set(sql, parameters.length);
  }
}

class MeteredStatement implements D1PreparedStatement {
  readonly inner: D1PreparedStatement;
  readonly sent: SentStatement;
  readonly #meter: DatabaseMeter;

  constructor(meter: DatabaseMeter, inner: D1PreparedStatement, sent: SentStatement) {
    this.#meter = meter;
    this.inner = inner;
    this.sent = sent;
  }

  bind(...parameters: unknown[]): MeteredStatement {
    return new MeteredStatement(this.#meter, this.inner.bind(...parameters), { ...this.sent, parameters });
  }

  first<Row>(column?: string): Promise<Row | null> {
    this.#meter.trip(this.sent);
    return column === undefined ? this.inner.first<Row>() : this.inner.first<Row>(column);
  }

  async all<Row>(): Promise<D1Result<Row>> {
    this.#meter.trip(this.sent);
    const result = await this.inner.all<Row>();
    this.#meter.note(result.meta);
    return result;
  }

  async run<Row>(): Promise<D1Result<Row>> {
    this.#meter.trip(this.sent);
    const result = await this.inner.run<Row>();
    this.#meter.note(result.meta);
    return result;
  }

  raw<Row = unknown[]>(options: { columnNames: true }): Promise<[string[], ...Row[]]>;
  raw<Row = unknown[]>(options?: { columnNames?: false }): Promise<Row[]>;
  raw<Row>(options?: { columnNames?: boolean }): Promise<Row[] | [string[], ...Row[]]> {
    this.#meter.trip(this.sent);
    return options?.columnNames === true
      ? this.inner.raw<Row>({ columnNames: true })
      : this.inner.raw<Row>({ columnNames: false });
  }
}

/** Returns the usage objects with `around` in place of each call of their methods. `call` makes the original call. */
export function usageObjectsWith(around: (call: () => Promise<unknown>) => Promise<unknown>): Env["USAGE"] {
  const surround = <Stub extends object>(stub: Stub): Stub =>
    new Proxy(stub, {
      get(target, name) {
        const method: unknown = Reflect.get(target, name, target);
        if (typeof method !== "function") return method;
        return (...input: unknown[]) =>
          around(async (): Promise<unknown> => Reflect.apply(method, target, input));
      },
    });
  return new Proxy(env.USAGE, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== "function") return method;
      if (name !== "get" && name !== "getByName") return method.bind(target) as unknown;
      return (...input: unknown[]) => surround(Reflect.apply(method, target, input) as object);
    },
  });
}

/** Cost of a request: database and usage objects. */
export interface RequestCost extends DatabaseCost {
  /** Calls of usage objects, including those after the response. */
  readonly objects: number;
}

/** Counts the cost of requests. */
export class CostMeter {
  /** Sends a request to a worker whose database and usage objects are counted. */
  readonly fetch: (request: Request) => Promise<Response>;
  readonly #meter = new DatabaseMeter(env.DB);
  #objects = 0;

  constructor(change: Partial<Env> = {}) {
    const usage = usageObjectsWith((call) => {
      this.#objects += 1;
      return call();
    });
    this.fetch = workerWith({ ...change, DB: this.#meter.database, USAGE: usage });
  }

  /** Returns the caller with requests that are counted. */
  meter(caller: Caller): Caller {
    return caller.via(this.fetch);
  }

  /** Returns the cost since the last call and resets it. */
  read(): RequestCost {
    const reading = { ...this.#meter.read(), objects: this.#objects };
    this.#objects = 0;
    return reading;
  }
}

/** A queue that accepts every message and delivers none during a test. */
export const delayedQueue: Queue = {
  metrics: () => env.JOBS.metrics(),
  send: (message, options) => env.JOBS.send(message, { ...options, delaySeconds: 600 }),
  sendBatch: (messages, options) => env.JOBS.sendBatch(messages, { ...options, delaySeconds: 600 }),
};
