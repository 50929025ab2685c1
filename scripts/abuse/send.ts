import { once } from "node:events";
import { Agent, request, type IncomingMessage } from "node:http";

/** A request as it goes over the line. */
export interface Sent {
  readonly method: string;
  /** Path and query, encoded or not as the generator wants it. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** How long an answer may take, in milliseconds. */
const patience = 30_000;

/** Sends requests to one service, over one connection as long as it holds. */
export class Line {
  readonly address: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(address: URL) {
    this.address = address;
  }

  /** Throws what the connection met with when no whole answer came. Nothing is rewritten and no redirect followed. */
  async send({ method, target, headers, body }: Sent): Promise<Answer> {
    const asked = request({
      host: this.address.hostname,
      port: this.address.port,
      method,
      path: target,
      headers: ["Host", this.address.host, ...headers.flat(), ...lengthOf(method, body)],
      agent: this.#agent,
      signal: AbortSignal.timeout(patience),
    });
    asked.end(body);
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer) chunks.push(chunk as Uint8Array);
    const bytes = Buffer.concat(chunks);
    const text = bytes.toString("utf8");
    return { status: answer.statusCode ?? 0, headers: answer.headers, bytes, text };
  }

  close(): void {
    this.#agent.destroy();
  }
}

function lengthOf(method: string, body: Uint8Array | undefined): string[] {
  if (body !== undefined) return ["Content-Length", String(body.byteLength)];
  return method === "GET" || method === "HEAD" ? [] : ["Content-Length", "0"];
}
