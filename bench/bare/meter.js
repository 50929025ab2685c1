import { DurableObject } from "cloudflare:workers";

const upsert = "INSERT INTO counters (id, usage) VALUES (1, ?1) ON CONFLICT DO UPDATE SET usage = usage + ?1";
const metrics = Array.from({ length: 16 }, (_, index) => `metric_${index}`);
const hour = 3_600_000;

/** Counts and does nothing else. Each call is one statement. */
export class BareMeter extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    const columns = metrics.map((metric) => `${metric} INTEGER NOT NULL`).join(", ");
    ctx.storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS counters (id INTEGER PRIMARY KEY, usage INTEGER NOT NULL);
       CREATE TABLE IF NOT EXISTS hours (at INTEGER PRIMARY KEY, ${columns});
       CREATE TABLE IF NOT EXISTS days (at INTEGER PRIMARY KEY, ${columns})`,
    );
  }

  increment(amount) {
    this.ctx.storage.sql.exec(upsert, amount);
  }

  /** Returns the count, which a limit needs. */
  incrementAndReturn(amount) {
    return this.ctx.storage.sql.exec(`${upsert} RETURNING usage`, amount).one().usage;
  }

  /** Returns a row per hour with all metrics. */
  hours(from, to) {
    this.#fill("hours", from, to, hour);
    return this.ctx.storage.sql
      .exec("SELECT * FROM hours WHERE at >= ? AND at < ?", from, to)
      .raw()
      .toArray();
  }

  /** Returns the sums of all days. */
  sum(from, to) {
    this.#fill("days", from, to, 24 * hour);
    const sums = metrics.map((metric) => `sum(${metric}) AS ${metric}`).join(", ");
    return this.ctx.storage.sql.exec(`SELECT ${sums} FROM days WHERE at >= ? AND at < ?`, from, to).one();
  }

  /** Tables that this instance has filled. A table is filled by its first query. */
  #filled = new Set();

  #fill(table, from, to, step) {
    if (this.#filled.has(table)) return;
    this.#filled.add(table);
    this.ctx.storage.sql.exec(
      `WITH RECURSIVE buckets (at) AS (SELECT ?1 UNION ALL SELECT at + ?3 FROM buckets WHERE at + ?3 < ?2)
       INSERT INTO ${table} SELECT at, ${metrics.map(() => "1").join(", ")} FROM buckets WHERE true ON CONFLICT DO NOTHING`,
      from,
      to,
      step,
    );
  }
}
