/** An answer that is no success: from 500 on, whether anything was done is not known. */
export class Declined extends Error {
  readonly status: number;

  constructor(what: string, status: number, body: string) {
    super(`${what} was answered ${status}: ${body}`);
    this.status = status;
  }
}

export interface UsageEvent {
  readonly id: string;
  readonly metric: "pages_processed";
  readonly value: number;
}

export interface Recorded {
  readonly accepted: number;
  readonly duplicates: number;
  readonly refused: readonly unknown[];
}

/** What an account has counted, as one reading tells it. */
export interface Reading {
  readonly usage: number;
  readonly pages: number;
}

/** The calls of one account that the test makes, as one user. */
export class Api {
  readonly #address: URL;
  readonly #token: string;
  #account = "";

  constructor(address: URL, token: string) {
    this.#address = address;
    this.#token = token;
  }

  /** Makes the account that all the others are about. */
  async createAccount(slug: string): Promise<void> {
    const made = await this.#call<{ id: string }>("POST", "/api/v1/accounts", { slug, zone: "europe-1" });
    this.#account = made.id;
  }

  /** Returns what the month counts with it. */
  async increment(usage: number, key: string | undefined): Promise<number> {
    const path = `/accounts/organizations/${this.#account}/increment/`;
    return (await this.#call<{ usage: number }>("POST", path, { usage }, key)).usage;
  }

  async record(events: readonly UsageEvent[]): Promise<Recorded> {
    return await this.#call("POST", `/api/v1/account/${this.#account}/usage`, { events });
  }

  /** Sums the points of a reading from a time until now. */
  async read(from: Date, aggregation: "hour" | "millennium"): Promise<Reading> {
    const query = new URLSearchParams({ from: from.toISOString(), aggregation }).toString();
    const points = await this.#call<Point[]>("GET", `/api/v1/account/${this.#account}/usage?${query}`);
    const metrics = points.flatMap((point) => point.metrics);
    const sum = (wanted: string) =>
      metrics.reduce((total, { name, value }) => total + (name === wanted ? value : 0), 0);
    return { usage: sum("usage"), pages: sum("pages_processed") };
  }

  /** Sets an account's usage limit; the operator may. */
  async limitUsage(slug: string, usage_limit: number): Promise<void> {
    await this.#call("PATCH", `/api/manage/@account/${slug}`, { usage_limit });
  }

  /** Returns what the database was last told that an account counts; the operator may. */
  async mirroredUsage(slug: string): Promise<number> {
    const path = `/api/manage/@account/${slug}`;
    return (await this.#call<{ current_usage: number }>("GET", path)).current_usage;
  }

  /** Throws Declined, or whatever `fetch` throws when no answer came. */
  async #call<Answer>(method: string, path: string, body?: object, key?: string): Promise<Answer> {
    const answer = await fetch(new URL(path, this.#address), {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        "content-type": "application/json",
        ...(key !== undefined && { "idempotency-key": key }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Declined(`${method} ${path}`, answer.status, text);
    return JSON.parse(text) as Answer;
  }
}

interface Point {
  readonly metrics: readonly { readonly name: string; readonly value: number }[];
}
