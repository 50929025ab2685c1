import { importJWK, SignJWT } from "jose";
import { LOCAL_ALGORITHM, localSigningKey } from "./dev/local-issuer.ts";
import { CliError, servicePort, stateDirectory } from "./cli.ts";
import { readTokenRequest, tokenClaims } from "./dev/token.ts";

/** Which service is asked, and as whom; the local one as its operator unless told. */
export interface RemoteOptions {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
}

/** How often a request is sent that finds the service busy. */
const attempts = 5;

/** A service somewhere, asked as its operator. */
export class Remote {
  readonly #url: string;
  readonly #token: string | undefined;

  constructor({ url, token }: RemoteOptions) {
    this.#url = (url ?? `http://127.0.0.1:${servicePort()}`).replace(/\/+$/, "");
    if (url !== undefined && token === undefined) throw new CliError("--url needs --token, an operator's");
    this.#token = token;
  }

  /** Returns what a GET of JSON answers. */
  async read<Answer>(path: string): Promise<Answer> {
    return (await (await this.ask("GET", path)).json()) as Answer;
  }

  /** Returns what a GET answers, undefined when there is none. */
  async find(path: string): Promise<Response | undefined> {
    const response = await this.#patiently("GET", path);
    return response.status === 404 ? undefined : await required(response, `GET ${path}`);
  }

  /** Returns the answer to a request, which must be a success; throws a CliError with the service's own words else. */
  async ask(method: string, path: string, body?: string | FormData): Promise<Response> {
    return await required(await this.#patiently(method, path, body), `${method} ${path}`);
  }

  /** Sends a request, which may be sent twice, until the service is not busy. */
  async #patiently(method: string, path: string, body?: string | FormData): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.#send(method, path, body);
      const busy = response.status === 503 || response.status === 429;
      if (!busy || attempt === attempts) return response;
      const seconds = Number(response.headers.get("Retry-After") ?? 1);
      await new Promise((go) => setTimeout(go, Math.min(60, seconds) * 1000));
    }
  }

  async #send(method: string, path: string, body: string | FormData | undefined): Promise<Response> {
    const headers = new Headers({ Authorization: `Bearer ${this.#token ?? (await localToken())}` });
    if (typeof body === "string") headers.set("Content-Type", "application/json");
    try {
      return await fetch(`${this.#url}${path}`, { method, headers, body: body ?? null });
    } catch (error) {
      const { cause } = error as Error;
      throw new CliError(`${this.#url} does not answer: ${cause instanceof Error ? cause.message : "?"}`);
    }
  }
}

async function required(response: Response, request: string): Promise<Response> {
  if (response.ok) return response;
  throw new CliError(`${request} was answered ${response.status}: ${await response.text()}`);
}

/** Returns a token of the local operator; made anew for each request, as a long export outlives one. */
async function localToken(): Promise<string> {
  const jwk = await localSigningKey(stateDirectory());
  const email = "root@example.com";
  return await new SignJWT(tokenClaims(readTokenRequest([email]), email, Math.floor(Date.now() / 1000)))
    .setProtectedHeader({ alg: LOCAL_ALGORITHM, kid: jwk.kid, typ: "JWT" })
    .sign(await importJWK(jwk, LOCAL_ALGORITHM));
}
