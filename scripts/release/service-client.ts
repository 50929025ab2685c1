import { importJWK, SignJWT } from "jose";
import { CliError, servicePort, stateDirectory } from "../cli.ts";
import { LOCAL_ALGORITHM, localSigningKey } from "../dev/local-issuer.ts";
import { readTokenRequest, tokenClaims } from "../dev/token.ts";

/** The service to call and an operator's token. Without `url`, the local service and its operator. */
export interface ServiceOptions {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
}

/** Attempts per request while the service returns 429 or 503. */
const MAX_ATTEMPTS = 5;

/** Longest wait between two attempts, in seconds. */
const MAX_WAIT = 60;

/** Calls a service as its operator. Each request must be safe to repeat. */
export class ServiceClient {
  readonly #url: string;
  readonly #token: string | undefined;

  constructor({ url, token }: ServiceOptions) {
    this.#url = (url ?? `http://127.0.0.1:${servicePort()}`).replace(/\/+$/, "");
    if (url !== undefined && token === undefined) {
      throw new CliError("--url needs --token. Pass an operator's token.");
    }
    this.#token = token;
  }

  /** Returns the JSON body of a GET. */
  async getJson<Body>(path: string): Promise<Body> {
    return (await (await this.send("GET", path)).json()) as Body;
  }

  /** Returns the response to a GET, or undefined if it is 404. */
  async find(path: string): Promise<Response | undefined> {
    const response = await this.#sendWithRetry("GET", path);
    return response.status === 404 ? undefined : await assertOk(response, `GET ${path}`);
  }

  /** Returns the response to a request. Throws a CliError with the response's text if it is no success. */
  async send(method: string, path: string, body?: string | FormData): Promise<Response> {
    return await assertOk(await this.#sendWithRetry(method, path, body), `${method} ${path}`);
  }

  async #sendWithRetry(method: string, path: string, body?: string | FormData): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.#sendOnce(method, path, body);
      const busy = response.status === 503 || response.status === 429;
      if (!busy || attempt === MAX_ATTEMPTS) return response;
      const seconds = Number(response.headers.get("Retry-After") ?? 1);
      await new Promise((resolve) => setTimeout(resolve, Math.min(MAX_WAIT, seconds) * 1000));
    }
  }

  async #sendOnce(method: string, path: string, body: string | FormData | undefined): Promise<Response> {
    const headers = new Headers({ Authorization: `Bearer ${this.#token ?? (await localToken())}` });
    if (typeof body === "string") headers.set("Content-Type", "application/json");
    try {
      return await fetch(`${this.#url}${path}`, { method, headers, body: body ?? null });
    } catch (error) {
      const { cause } = error as Error;
      const reason = cause instanceof Error ? cause.message : String(error);
      throw new CliError(`${this.#url} does not respond (${reason}). Start the service or correct --url.`);
    }
  }
}

async function assertOk(response: Response, request: string): Promise<Response> {
  if (response.ok) return response;
  throw new CliError(`${request} returned ${response.status}: ${await response.text()}`);
}

/** Returns a new token of the local operator. Each request gets its own, because a long export outlives a token. */
async function localToken(): Promise<string> {
  const jwk = await localSigningKey(stateDirectory());
  const email = "root@example.com";
  return await new SignJWT(tokenClaims(readTokenRequest([email]), email, Math.floor(Date.now() / 1000)))
    .setProtectedHeader({ alg: LOCAL_ALGORITHM, kid: jwk.kid, typ: "JWT" })
    .sign(await importJWK(jwk, LOCAL_ALGORITHM));
}
