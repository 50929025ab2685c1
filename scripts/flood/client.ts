import { setTimeout as sleep } from "node:timers/promises";

import { HttpClient } from "../quality/http-client.ts";

export interface Experience {
  readonly asked: number;
  readonly succeeded: number;
  /** What else it was answered, and how often; 0 stands for no answer. */
  readonly otherwise: Readonly<Record<string, number>>;
  /** Milliseconds; of all that were answered. */
  readonly p50: number;
  readonly p99: number;
}

/** How often it reads and counts, in milliseconds; every eighth time it makes an account, which 60 a minute may. */
const pace = 250;

/** A client as the service is made for. */
export class Client {
  readonly #line: HttpClient;
  readonly #token: string;
  #made = 0;

  constructor(address: URL, token: string) {
    this.#line = new HttpClient(address);
    this.#token = token;
  }

  /** Makes an account and returns its id. */
  async create(): Promise<string> {
    const { text } = await this.#send("POST", "/api/v1/accounts", this.#next());
    return String((JSON.parse(text) as { id: unknown }).id);
  }

  async ask(account: string, milliseconds: number): Promise<Experience> {
    const times: number[] = [];
    const otherwise: Record<string, number> = {};
    let succeeded = 0;
    const timed = async (method: string, target: string, body?: object) => {
      const began = performance.now();
      const status = await this.#send(method, target, body).then(
        (answer) => answer.status,
        () => 0,
      );
      times.push(performance.now() - began);
      if (status >= 200 && status < 300) succeeded += 1;
      else otherwise[status] = (otherwise[status] ?? 0) + 1;
    };
    const until = performance.now() + milliseconds;
    for (let round = 0; performance.now() < until; round += 1) {
      const next = sleep(pace);
      await timed("GET", `/api/v1/account/${account}`);
      await timed("POST", `/accounts/organizations/${account}/increment/`, { usage: 1 });
      if (round % 8 === 0) await timed("POST", "/api/v1/accounts", this.#next());
      await next;
    }
    const sorted = times.toSorted((one, other) => one - other);
    const at = (share: number) => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
    return { asked: times.length, succeeded, otherwise, p50: at(0.5), p99: at(0.99) };
  }

  close(): void {
    this.#line.close();
  }

  #next(): object {
    this.#made += 1;
    return { slug: `flood-${this.#made}` };
  }

  #send(method: string, target: string, body?: object) {
    const headers = [
      ["Authorization", `Bearer ${this.#token}`],
      ["Content-Type", "application/json"],
    ] as const;
    return this.#line.send({ method, target, headers, body: body && Buffer.from(JSON.stringify(body)) });
  }
}
