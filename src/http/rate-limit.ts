/**
 * Limits per minute, enforced by the platform's binding. It counts per location, so the limits are
 * approximate. RATE_LIMITS turns them off.
 */
import { serializeList } from "structured-headers";

import { getConfig } from "../config.ts";
import { type CountedLimit, DomainError } from "../domain/errors.ts";
import type { Env } from "../env.ts";
import { logUnexpected } from "../logging.ts";
import type { Principal } from "../services/caller/context.ts";
import type { AppContext } from "./app-env.ts";

/** Period of the binding, in seconds: the longest wait. */
const period = 60;

type Limiter = keyof { [Name in keyof Env as Name extends `LIMIT_${string}` ? Name : never]: Env[Name] };

/** Limits all requests of a caller: 6,000 per minute. Throws `rate_limited`. */
export async function limitRequests(c: AppContext, principal: Principal): Promise<void> {
  await count(c, "LIMIT_PRINCIPAL", principalKey(principal));
}

/** Limits checks and changes of slugs: 60 per minute and caller. Throws `rate_limited`. */
export async function limitSlugs(c: AppContext, principal: Principal): Promise<void> {
  await count(c, "LIMIT_SLUGS", principalKey(principal));
}

/** Limits lookups of sign-in routes: 30 per minute and caller, 60 per network. Throws `rate_limited`. */
export async function limitLogins(c: AppContext, principal: Principal): Promise<void> {
  await count(c, "LIMIT_LOGIN_CALLER", principalKey(principal));
  await countNetwork(c, "LIMIT_LOGIN_ADDRESS");
}

/** Limits previews of invitations: 60 per minute and network. Throws `rate_limited`. */
export async function limitPreviews(c: AppContext): Promise<void> {
  await countNetwork(c, "LIMIT_PREVIEWS");
}

/** Limits invalid tokens: 100 per minute and network. Throws `rate_limited`. */
export async function limitFailedTokens(c: AppContext): Promise<void> {
  await countNetwork(c, "LIMIT_FAILED_TOKENS");
}

/** Runs a use case that takes an invitation's secret, and counts a wrong secret as an invalid token. */
export async function countBadSecrets<Result>(c: AppContext, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof DomainError && error.code === "invitation_not_found") await limitFailedTokens(c);
    throw error;
  }
}

/**
 * Returns the network that an IP address is counted by: an IPv4 address, or the /64 prefix of an IPv6
 * address, since one connection usually gets a whole /64.
 */
export function clientNetwork(address: string | undefined): string | undefined {
  if (address === undefined || !address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const tailLength = tail === "" ? 0 : tail.split(":").length;
    while (groups.length < 8 - tailLength) groups.push("0");
  }
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}

/** Uses only the platform's header: clients can forge any other. */
async function countNetwork(c: AppContext, limiter: Limiter): Promise<void> {
  const network = clientNetwork(c.req.header("CF-Connecting-IP"));
  if (network !== undefined) await count(c, limiter, network);
}

async function count(c: AppContext, limiter: Limiter, key: string): Promise<void> {
  if (!getConfig(c.env).rateLimits) return;
  if (!(await isWithin(c, limiter, key))) throw new DomainError("rate_limited", { retryAfter: period });
}

/** These limiters fail closed because the endpoints could be used for enumeration. */
const failClosed: ReadonlySet<Limiter> = new Set([
  "LIMIT_LOGIN_CALLER",
  "LIMIT_LOGIN_ADDRESS",
  "LIMIT_PREVIEWS",
]);

/** Asks the binding. If it fails, all limiters but those above let the request through. */
async function isWithin(c: AppContext, limiter: Limiter, key: string): Promise<boolean> {
  try {
    const { success } = await c.env[limiter].limit({ key });
    return success;
  } catch (error) {
    logUnexpected(c.var, error);
    return !failClosed.has(limiter);
  }
}

/** The key contains the hash of the secret, so that guessed secrets do not use up the token's limit. */
function principalKey(principal: Principal): string {
  if (principal.kind === "token") return `${principal.id}|${principal.secretHash}`;
  return `${principal.identity.issuer}|${principal.identity.subject}`;
}

/** Largest integer of a structured field (RFC 9651, 3.3.1). */
const maxStructuredInteger = 999_999_999_999_999;

/**
 * Returns `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10) for a limit that
 * is counted exactly; no headers if the quota is too large for a structured field.
 */
export function rateLimitFields(limit: CountedLimit): Record<string, string> {
  const { name, quota, window, remaining, reset } = limit;
  if (quota > maxStructuredInteger) return {};
  return {
    "RateLimit-Policy": serializeList([[name, new Map(Object.entries({ q: quota, w: window }))]]),
    RateLimit: serializeList([[name, new Map(Object.entries({ r: remaining, t: reset }))]]),
  };
}
