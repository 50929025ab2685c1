/** Callers with real tokens, their requests to the worker, and what most tests create. */
import { env, exports } from "cloudflare:workers";
import { importJWK, type JWTPayload, SignJWT } from "jose";

import type { TestKeys } from "./keys.ts";

export const publicUrl = "https://roster.test";

export interface TokenOptions {
  readonly issuer?: keyof TestKeys;
  readonly audience?: string | string[];
  /** Lifetime in seconds; negative for an expired token. */
  readonly expiresIn?: number;
}

/** Signs a token; valid with the default options. */
export async function createToken(claims: JWTPayload, options: TokenOptions = {}): Promise<string> {
  const issuer = options.issuer ?? "https://issuer.test";
  const key = env.TEST_KEYS[issuer];
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iat: now, ...claims })
    .setProtectedHeader({ alg: "ES256", kid: String(key.kid), typ: "JWT" })
    .setIssuer(issuer)
    .setAudience(options.audience ?? "roster")
    .setExpirationTime(now + (options.expiresIn ?? 3600))
    .sign(await importJWK(key, "ES256"));
}

let made = 0;

/** Returns a word that no other test uses: lower-case letters and digits. */
export function unique(prefix = "x"): string {
  made += 1;
  return `${prefix}${made}z${crypto.randomUUID().slice(0, 8)}`;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; undefined if it is not JSON. */
  readonly body: ReturnType<typeof JSON.parse>;
}

/** Returns status and body, to compare both at once. */
export function statusAndBody({ status, body }: ApiResponse): { status: number; body: unknown } {
  return { status, body };
}

export interface RequestOptions {
  readonly headers?: Record<string, string>;
  /** A body that is sent unchanged. */
  readonly raw?: BodyInit;
}

export type Fetch = (request: Request) => Promise<Response>;
const workerFetch: Fetch = (request) => exports.default.fetch(request);

/** A caller of the service; anonymous without a token. */
export class Caller {
  readonly token: string | undefined;
  readonly email: string;
  readonly #worker: Fetch;

  constructor(token: string | undefined, email = "", worker: Fetch = workerFetch) {
    this.token = token;
    this.email = email;
    this.#worker = worker;
  }

  /** Returns the same caller whose requests go through another fetch function. */
  via(worker: Fetch): Caller {
    return new Caller(this.token, this.email, worker);
  }

  get(path: string, options?: RequestOptions): Promise<ApiResponse> {
    return this.send("GET", path, undefined, options);
  }
  post(path: string, body?: unknown, options?: RequestOptions): Promise<ApiResponse> {
    return this.send("POST", path, body, options);
  }
  put(path: string, body?: unknown, options?: RequestOptions): Promise<ApiResponse> {
    return this.send("PUT", path, body, options);
  }
  patch(path: string, body?: unknown, options?: RequestOptions): Promise<ApiResponse> {
    return this.send("PATCH", path, body, options);
  }
  delete(path: string, options?: RequestOptions): Promise<ApiResponse> {
    return this.send("DELETE", path, undefined, options);
  }

  /** Sends a request. A body is sent as JSON. */
  async send(
    method: string,
    path: string,
    body?: unknown,
    options: RequestOptions = {},
  ): Promise<ApiResponse> {
    const headers = new Headers(this.token === undefined ? {} : { Authorization: `Bearer ${this.token}` });
    if (body !== undefined) headers.set("Content-Type", "application/json");
    for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name, value);
    const sent = options.raw ?? (body === undefined ? null : JSON.stringify(body));
    const response = await this.#worker(
      new Request(new URL(path, publicUrl), { method, headers, body: sent, redirect: "manual" }),
    );
    const text = new TextDecoder().decode(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  }
}

export const anonymous = new Caller(undefined);

/** Creates a user of the trusted issuer with a new address. The user's row is created by the first request. */
export async function createUser(claims: JWTPayload = {}, options?: TokenOptions): Promise<Caller> {
  const email = typeof claims["email"] === "string" ? claims["email"] : `${unique("user")}@example.com`;
  const token = await createToken({ sub: `sub|${email}`, email, email_verified: true, ...claims }, options);
  return new Caller(token, email);
}

/** Creates the operator that OPERATORS names. */
export function createOperator(): Promise<Caller> {
  return createUser({ email: "root@example.com" });
}

export interface TestAccount {
  readonly id: string;
  readonly slug: string;
  readonly title: string;
}

/** Creates an account through the accounts API. */
export async function createAccount(
  owner: Caller,
  fields: Record<string, unknown> = {},
): Promise<TestAccount> {
  const slug = unique("acme");
  const answer = await owner.post("/api/v1/accounts", { slug, title: `Title of ${slug}`, ...fields });
  if (answer.status !== 201) throw new Error(`No account: ${answer.status} ${answer.text}`);
  return { id: answer.body.id, slug, title: `Title of ${slug}`, ...fields };
}

/** Inserts a membership. Signs the user in. */
export async function addMember(
  account: TestAccount,
  member: Caller,
  role: "AOWNER" | "AMEMBER" = "AMEMBER",
): Promise<void> {
  const me = await member.get("/api/v1/user");
  await env.DB.prepare(
    "INSERT INTO memberships (account_id, user_id, role, created_at) SELECT a.id, u.id, ?, 0 FROM accounts a, users u WHERE a.uuid = ? AND u.uuid = ?",
  )
    .bind(role, account.id, me.body.id)
    .run();
}

/** Inserts a group membership. Signs the user in. */
export async function addToGroup(member: Caller, group: 1 | 2 | 3): Promise<void> {
  const me = await member.get("/api/v1/user");
  await env.DB.prepare("INSERT INTO user_groups (user_id, group_id) SELECT id, ? FROM users WHERE uuid = ?")
    .bind(group, me.body.id)
    .run();
}

/** Creates a user in the group Support, who may read everything and owns nothing. */
export async function createSupportUser(): Promise<Caller> {
  const reader = await createUser();
  await addToGroup(reader, 3);
  return reader;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
