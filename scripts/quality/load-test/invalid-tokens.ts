import { HttpClient } from "../http-client.ts";

/** Sends requests with an invalid token on several connections, as fast as there are responses. */
export class InvalidTokens {
  readonly #clients: readonly HttpClient[];
  readonly #token: string;
  readonly #statuses = new Map<string, number>();
  #isStopped = false;

  /** Replaces the signature of `token`, a valid one. */
  constructor(address: URL, token: string, connections: number) {
    this.#clients = Array.from({ length: connections }, () => new HttpClient(address));
    this.#token = token.replace(/\.[^.]*$/, `.${"A".repeat(86)}`);
  }

  /** Sends requests until `stop` is called. */
  async send(): Promise<void> {
    await Promise.all(this.#clients.map((client) => this.#keepSending(client)));
  }

  /** Returns how often each status was returned; 0 is a request without a response. */
  stop(): Record<string, number> {
    this.#isStopped = true;
    return Object.fromEntries(this.#statuses);
  }

  async #keepSending(client: HttpClient): Promise<void> {
    const headers = [["Authorization", `Bearer ${this.#token}`]] as const;
    while (!this.#isStopped) {
      const status = await client.send({ method: "GET", target: "/api/v1/user", headers }).then(
        (response) => String(response.status),
        () => "0",
      );
      this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    }
    client.close();
  }
}
