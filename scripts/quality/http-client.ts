import { once } from "node:events";
import { Agent, request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";

export interface HttpRequest {
  readonly method: string;
  /** Path and query exactly as they are sent; not necessarily valid. */
  readonly target: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: Uint8Array | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Milliseconds until a request without a response fails. */
const responseTimeout = 30_000;

/** Sends requests to one service over one connection that is kept alive. Unlike `fetch`, it normalizes nothing and follows no redirect. */
export class HttpClient {
  readonly address: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(address: URL) {
    this.address = address;
  }

  /** Sends one request. Throws if the connection fails or the response does not end within 30 seconds. */
  async send({ method, target, headers = [], body }: HttpRequest): Promise<HttpResponse> {
    const length = method === "GET" || method === "HEAD" ? undefined : "0";
    const contentLength = body === undefined ? length : String(body.byteLength);
    const sent = request({
      host: this.address.hostname,
      port: this.address.port,
      method,
      path: target,
      headers: [
        "Host",
        this.address.host,
        ...headers.flat(),
        ...(contentLength === undefined ? [] : ["Content-Length", contentLength]),
      ],
      agent: this.#agent,
      signal: AbortSignal.timeout(responseTimeout),
    });
    sent.end(body);
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    const text = (await response.setEncoding("utf8").toArray()).join("");
    return { status: response.statusCode ?? 0, headers: response.headers, text };
  }

  close(): void {
    this.#agent.destroy();
  }
}
