/**
 * The limits of a minute, by the platform's binding: counted per location, so about right rather
 * than exact. The variable RATE_LIMITS turns them off.
 */
import { serializeList } from "structured-headers";

import { getConfig } from "../config.ts";
import { type CountedLimit, DomainError } from "../domain/errors.ts";
import type { Env } from "../env.ts";
import { logUnexpected } from "../logging.ts";
import type { Principal } from "../services/caller/context.ts";
import type { AppContext } from "./app-env.ts";

/** Seconds in the binding's period, and so the longest wait. */
const period = 60;

type Limiter = keyof { [Name in keyof Env as Name extends `LIMIT_${string}` ? Name : never]: Env[Name] };

/** Everything a caller asks for: 6,000 a minute. Throws `rate_limited`. */
export async function limitRequests(c: AppContext, principal: Principal): Promise<void> {
  await count(c, "LIMIT_PRINCIPAL", principalKey(principal));
}

/** Asking whether slugs are free, and taking them: 60 a minute a caller. Throws `rate_limited`. */
export async function limitSlugs(c: AppContext, principal: Principal): Promise<void> {
  await count(c, "LIMIT_SLUGS", principalKey(principal));
}

/** Asking where to sign in: 30 a minute a caller, 60 an address. Throws `rate_limited`. */
export async function limitLogins(c: AppContext, principal: Principal): Promise<void> {
  await count(c, "LIMIT_LOGIN_CALLER", principalKey(principal));
  const address = clientNetwork(c.req.header("CF-Connecting-IP"));
  if (address !== undefined) await count(c, "LIMIT_LOGIN_ADDRESS", address);
}

/** Looking at invitations without signing in: 60 a minute an address. Throws `rate_limited`. */
export async function limitPreviews(c: AppContext): Promise<void> {
  const address = clientNetwork(c.req.header("CF-Connecting-IP"));
  if (address !== undefined) await count(c, "LIMIT_PREVIEWS", address);
}

/** Runs what takes an invitation's secret: one that is no good counts as a bad token of the address does. */
export async function countBadSecrets<Result>(c: AppContext, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof DomainError && error.code === "invitation_not_found") await limitFailedTokens(c);
    throw error;
  }
}

/** Tokens that are no good: 100 a minute an address. Throws `rate_limited`. */
export async function limitFailedTokens(c: AppContext): Promise<void> {
  const address = clientNetwork(c.req.header("CF-Connecting-IP"));
  if (address !== undefined) await count(c, "LIMIT_FAILED_TOKENS", address);
}

/**
 * What counts as one address: an IPv4 address, or the /64 of an IPv6 one, which is what one line
 * gets. Only the platform's own header is asked: any other can be made up.
 */
export function clientNetwork(address: string | undefined): string | undefined {
  if (address === undefined || !address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const behind = tail === "" ? 0 : tail.split(":").length;
    while (groups.length < 8 - behind) groups.push("0");
  }
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}

async function count(c: AppContext, limiter: Limiter, key: string): Promise<void> {
  if (!getConfig(c.env).rateLimits) return;
  if (!(await isWithin(c, limiter, key))) throw new DomainError("rate_limited", { retryAfter: period });
}

/** What answers by address or secret, so that somebody could try many: rather nobody than everybody. */
const closedWhileBroken: ReadonlySet<Limiter> = new Set([
  "LIMIT_LOGIN_CALLER",
  "LIMIT_LOGIN_ADDRESS",
  "LIMIT_PREVIEWS",
]);

/** A limiter that fails must not take the service along: all but those above let everybody through then. */
async function isWithin(c: AppContext, limiter: Limiter, key: string): Promise<boolean> {
  try {
    const { success } = await c.env[limiter].limit({ key });
    return success;
  } catch (error) {
    logUnexpected(c.var, error);
    return !closedWhileBroken.has(limiter);
  }
}

/** A guessed secret is a principal of its own, so that nobody uses up what another may ask. */
function principalKey(principal: Principal): string {
  if (principal.kind === "token") return `${principal.id}|${principal.secretHash}`;
  return `${principal.identity.issuer}|${principal.identity.subject}`;
}

/** The largestInteger integer of a structured field (RFC 9651, 3.3.1). */
const largestInteger = 999_999_999_999_999;

/**
 * `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-10, for a limit that is
 * counted exactly; none for one too large to be said.
 */
export function rateLimitFields({
  name,
  quota,
  window,
  remaining,
  reset,
}: CountedLimit): Record<string, string> {
  if (quota > largestInteger) return {};
  return {
    "RateLimit-Policy": serializeList([[name, new Map(Object.entries({ q: quota, w: window }))]]),
    RateLimit: serializeList([[name, new Map(Object.entries({ r: remaining, t: reset }))]]),
  };
}
