/** Issuers with a real site, whose keys the worker fetches over HTTP. */
import type { JWK } from "jose";
import { afterEach, beforeEach, expect, inject, onTestFinished, vi } from "vitest";

import { type ApiResponse, Caller, unique } from "./fixtures.ts";
import type { SiteAnswer, SiteRequest } from "./issuer-site-protocol.ts";
import { goodClaims, noon, type SigningKey, signToken } from "./signing.ts";
import { workerWith } from "./worker.ts";

const ordinary: SiteAnswer = {
  status: 200,
  headers: { "Content-Type": "application/jwk-set+json" },
  body: "",
  filler: 0,
  gzip: false,
  silent: "never",
};

/** An issuer's site with its own port, closed after the test. */
export class IssuerSite {
  readonly address: string;
  readonly #control: string;

  constructor(port: number) {
    this.address = `http://127.0.0.1:${port}`;
    this.#control = `${inject("issuerSites")}/${port}`;
  }

  /** Opens a site that publishes these keys. */
  static async open(...keys: readonly SigningKey[]): Promise<IssuerSite> {
    const response = await fetch(inject("issuerSites"), { method: "POST" });
    const site = new IssuerSite(await response.json<number>());
    onTestFinished(() => site.close());
    await site.publish(...keys);
    return site;
  }

  /** Returns the site of `https://remote.test`, which stays open. */
  static shared(): IssuerSite {
    return new IssuerSite(inject("remoteSite"));
  }

  /** The entry of ISSUERS for this site. */
  get entry() {
    return { issuer: this.address, audience: "roster", jwks_uri: `${this.address}/keys` };
  }

  publish(...keys: readonly SigningKey[]): Promise<void> {
    return this.publishDocument({ keys: keys.map(({ jwk }) => jwk) });
  }

  publishDocument(document: { readonly keys: readonly JWK[] }): Promise<void> {
    return this.answer({ body: JSON.stringify(document) });
  }

  /** Changes the response, also for requests that are waiting. */
  async answer(change: Partial<SiteAnswer>): Promise<void> {
    await this.#steer({ method: "PUT", body: JSON.stringify({ ...ordinary, ...change }) });
  }

  /** Returns the requests received so far. */
  async requests(): Promise<readonly SiteRequest[]> {
    const response = await this.#steer({});
    return response.json<SiteRequest[]>();
  }

  /** Returns the number of requests received so far. */
  async count(): Promise<number> {
    return (await this.requests()).length;
  }

  /** Waits until the site has received `count` requests. */
  async hasBeenAsked(times: number): Promise<void> {
    await vi.waitUntil(async () => (await this.count()) >= times, { timeout: 20_000 });
  }

  /** Closes the site: connections are refused. */
  async close(): Promise<void> {
    await this.#steer({ method: "DELETE" });
  }

  async #steer(init: RequestInit): Promise<Response> {
    const response = await fetch(this.#control, init);
    if (!response.ok) throw new Error(`The site was not steered: ${await response.text()}`);
    return response;
  }
}

/** Creates a user of a site's issuer with a token signed with this key at the current time. */
export async function createBearer(
  site: IssuerSite,
  key: SigningKey,
  header: Readonly<Record<string, unknown>> = {},
  secret?: Uint8Array,
): Promise<Caller> {
  const seconds = Math.floor(Date.now() / 1000);
  const claims = goodClaims({ iss: site.address, sub: unique("sub"), iat: seconds, exp: seconds + 3600 });
  return new Caller(await signToken(key, claims, header, secret));
}

export type SendRequest = (caller: Caller) => Promise<ApiResponse>;

/** Starts a worker that trusts these issuers, and returns a function that requests the current user. */
export function workerTrusting(...sites: readonly IssuerSite[]): SendRequest {
  const worker = workerWith({ ISSUERS: JSON.stringify(sites.map(({ entry }) => entry)) });
  return (caller) => caller.via(worker).get("/api/v1/user");
}

export async function expectAccepted(answer: Promise<ApiResponse>): Promise<void> {
  expect(await answer).toMatchObject({ status: 200, body: { type: "USER" } });
}

export async function expectBadToken(answer: Promise<ApiResponse>): Promise<void> {
  expect(await answer).toMatchObject({ status: 401, body: { detail: "Invalid or expired token" } });
}

/** Expects 503: the issuer is unavailable, which does not make the token invalid. */
export async function expectUnavailable(answer: Promise<ApiResponse>): Promise<void> {
  const { status, body, headers } = await answer;
  expect(status).toBe(503);
  expect(body).toEqual({ detail: "The token issuer is unavailable. Try again." });
  expect(headers.get("Retry-After")).toBe("30");
  expect(headers.get("WWW-Authenticate")).toBeNull();
}

/** Stops the clock at noon for all tests of a file and hides expected warnings. */
export function stopClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: noon });
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
}

/** Advances the stopped clock. */
export function advanceClock(milliseconds: number): void {
  vi.setSystemTime(Date.now() + milliseconds);
}
