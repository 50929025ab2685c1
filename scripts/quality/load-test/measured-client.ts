import { setTimeout as sleep } from "node:timers/promises";

import { HttpClient } from "../http-client.ts";

export interface Measurement {
  readonly requests: number;
  readonly succeeded: number;
  /** How often each other status was returned; 0 is a request without a response. */
  readonly otherStatuses: Readonly<Record<string, number>>;
  /** Milliseconds, including failed requests. */
  readonly p50: number;
  readonly p99: number;
}

/** Milliseconds between two rounds. */
const interval = 250;
/** Every eighth round creates an account: 30 a minute, and 60 are allowed. */
const roundsPerAccount = 8;

/** An ordinary client: in each round it reads an account and increments its usage. */
export class MeasuredClient {
  readonly #http: HttpClient;
  readonly #token: string;
  #accounts = 0;

  constructor(address: URL, token: string) {
    this.#http = new HttpClient(address);
    this.#token = token;
  }

  /** Creates an account and returns its id. */
  async createAccount(): Promise<string> {
    const { text } = await this.#send("POST", "/api/v1/accounts", this.#nextAccount());
    return String((JSON.parse(text) as { id: unknown }).id);
  }

  /** Sends requests for so many milliseconds. */
  async run(account: string, milliseconds: number): Promise<Measurement> {
    const times: number[] = [];
    const otherStatuses: Record<string, number> = {};
    let succeeded = 0;
    const measure = async (method: string, target: string, body?: object) => {
      const start = performance.now();
      const status = await this.#send(method, target, body).then(
        (response) => response.status,
        () => 0,
      );
      times.push(performance.now() - start);
      if (status >= 200 && status < 300) succeeded += 1;
      else otherStatuses[status] = (otherStatuses[status] ?? 0) + 1;
    };
    const end = performance.now() + milliseconds;
    for (let round = 0; performance.now() < end; round += 1) {
      const next = sleep(interval);
      await measure("GET", `/api/v1/account/${account}`);
      await measure("POST", `/accounts/organizations/${account}/increment/`, { usage: 1 });
      if (round % roundsPerAccount === 0) await measure("POST", "/api/v1/accounts", this.#nextAccount());
      await next;
    }
    const sorted = times.toSorted((one, other) => one - other);
    const percentile = (share: number) => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
    return {
      requests: times.length,
      succeeded,
      otherStatuses,
      p50: percentile(0.5),
      p99: percentile(0.99),
    };
  }

  close(): void {
    this.#http.close();
  }

  #nextAccount(): object {
    this.#accounts += 1;
    return { slug: `load-test-${this.#accounts}` };
  }

  #send(method: string, target: string, body?: object) {
    const headers = [
      ["Authorization", `Bearer ${this.#token}`],
      ["Content-Type", "application/json"],
    ] as const;
    return this.#http.send({ method, target, headers, body: body && Buffer.from(JSON.stringify(body)) });
  }
}
