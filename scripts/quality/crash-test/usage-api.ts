/** A response that is not a success. From status 500 on, the request may or may not have been carried out. */
export class HttpError extends Error {
  readonly status: number;

  constructor(request: string, status: number, body: string) {
    super(`${request} returned ${status}: ${body}`);
    this.status = status;
  }
}

export interface UsageEvent {
  readonly id: string;
  readonly metric: "pages_processed";
  readonly value: number;
}

export interface RecordedEvents {
  readonly accepted: number;
  readonly duplicates: number;
  readonly refused: readonly unknown[];
}

/** Sums over all points of one usage query. */
export interface UsageTotals {
  readonly usage: number;
  readonly pages: number;
}

/** The API calls that one user makes for one account. */
export class UsageApi {
  readonly #address: URL;
  readonly #token: string;
  #account = "";

  constructor(address: URL, token: string) {
    this.#address = address;
    this.#token = token;
  }

  /** Creates the account that all other calls use. */
  async createAccount(slug: string): Promise<void> {
    const account = { slug, zone: "europe-1" };
    this.#account = (await this.#call<{ id: string }>("POST", "/api/v1/accounts", account)).id;
  }

  /** Increments the usage. Returns the counter of the month. */
  async increment(usage: number, key: string | undefined): Promise<number> {
    const path = `/accounts/organizations/${this.#account}/increment/`;
    return (await this.#call<{ usage: number }>("POST", path, { usage }, key)).usage;
  }

  async record(events: readonly UsageEvent[]): Promise<RecordedEvents> {
    return await this.#call("POST", `/api/v1/account/${this.#account}/usage`, { events });
  }

  async queryTotals(from: Date, aggregation: "hour" | "millennium"): Promise<UsageTotals> {
    const query = new URLSearchParams({ from: from.toISOString(), aggregation }).toString();
    const points = await this.#call<Point[]>("GET", `/api/v1/account/${this.#account}/usage?${query}`);
    const metrics = points.flatMap((point) => point.metrics);
    const sum = (metric: string) =>
      metrics.reduce((total, { name, value }) => total + (name === metric ? value : 0), 0);
    return { usage: sum("usage"), pages: sum("pages_processed") };
  }

  /** Sets an account's usage limit. The caller must be an operator. */
  async setUsageLimit(slug: string, usage_limit: number): Promise<void> {
    await this.#call("PATCH", `/api/manage/@account/${slug}`, { usage_limit });
  }

  /** Returns the account's usage as it was last synced to D1. The caller must be an operator. */
  async getSyncedUsage(slug: string): Promise<number> {
    const path = `/api/manage/@account/${slug}`;
    return (await this.#call<{ current_usage: number }>("GET", path)).current_usage;
  }

  /** Throws HttpError, or what `fetch` throws if there is no response within 20 seconds. */
  async #call<Body>(method: string, path: string, body?: object, key?: string): Promise<Body> {
    const response = await fetch(new URL(path, this.#address), {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        "content-type": "application/json",
        ...(key !== undefined && { "idempotency-key": key }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    if (!response.ok) throw new HttpError(`${method} ${path}`, response.status, text);
    return JSON.parse(text) as Body;
  }
}

interface Point {
  readonly metrics: readonly { readonly name: string; readonly value: number }[];
}
