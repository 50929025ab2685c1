import { HttpClient } from "../quality/http-client.ts";

/** Asks with a token that is no good, as fast as it is answered, on several connections of one address. */
export class BadTokens {
  readonly #lines: readonly HttpClient[];
  readonly #token: string;
  readonly #answers = new Map<string, number>();
  #ending = false;

  /** `token` is a good one; its signature is spoilt. */
  constructor(address: URL, token: string, connections: number) {
    this.#lines = Array.from({ length: connections }, () => new HttpClient(address));
    this.#token = token.replace(/\.[^.]*$/, `.${"A".repeat(86)}`);
  }

  /** Returns once it was told to end. */
  async ask(): Promise<void> {
    await Promise.all(this.#lines.map((line) => this.#keepAsking(line)));
  }

  /** How often it was answered what; 0 stands for no answer. */
  end(): Record<string, number> {
    this.#ending = true;
    return Object.fromEntries(this.#answers);
  }

  async #keepAsking(line: HttpClient): Promise<void> {
    const headers = [["Authorization", `Bearer ${this.#token}`]] as const;
    while (!this.#ending) {
      const sent = { method: "GET", target: "/api/v1/user", headers, body: undefined };
      const status = await line.send(sent).then(
        (answer) => String(answer.status),
        () => "0",
      );
      this.#answers.set(status, (this.#answers.get(status) ?? 0) + 1);
    }
    line.close();
  }
}
