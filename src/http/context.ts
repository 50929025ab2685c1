import { isOperator } from "../auth/operators.ts";
import { DomainError } from "../domain/errors.ts";
import type { Need } from "../domain/permissions.ts";
import { normalEmail } from "../domain/user.ts";
import { readAs } from "../services/caller.ts";
import type { Context } from "../services/context.ts";
import { openDatabase } from "../storage/database.ts";
import type { AppContext } from "./app-env.ts";
import { configurationOf } from "./configuration.ts";
import { logFault } from "./refusal.ts";
import { limitFailedTokens, limitRequests } from "./rate-limits.ts";

/**
 * Verifies the credentials of a request and makes what its use case is given. No database is
 * asked: who the caller is there is read together with what the caller asks for. Throws
 * `credentials_missing`, `token_invalid`, `issuer_unavailable` and `rate_limited`.
 */
export async function authenticate(c: AppContext, need: Need): Promise<Context> {
  const { verifier, operators, settings } = configurationOf(c.env);
  const token = bearerToken(c.req.header("Authorization"));
  const identity = await verifier.verify(token).catch(async (error: unknown) => {
    if (error instanceof DomainError && error.code === "token_invalid") await limitFailedTokens(c);
    throw error;
  });
  const verifiedEmail =
    identity.emailVerified && identity.email !== undefined ? normalEmail(identity.email) : undefined;
  const { issuer, subject } = identity;
  const principal = { identity, operator: isOperator(operators, { issuer, subject, verifiedEmail }) };
  await limitRequests(c, principal);
  return {
    principal,
    need,
    now: Date.now(),
    requestId: c.var.requestId,
    settings,
    db: openDatabase(c.env.DB),
    jobs: c.env.JOBS,
    later: (work) => {
      c.executionCtx.waitUntil(work.catch((error: unknown) => logFault(c, error)));
    },
  };
}

/** How often a use case is run again when what it decided on changed before it was written. */
const attempts = 5;

/** Runs a use case, and again when another request was in between. */
export async function withRetries<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      const retryable = error instanceof DomainError && error.code === "changed_meanwhile";
      if (!retryable || attempt === attempts) throw error;
    }
  }
}

/**
 * Reads something off the request before the caller is looked up. When that is refused, the caller
 * is looked up first, so that an inactive user learns only that, whatever else is wrong.
 */
export async function readFirst<Value>(ctx: Context, read: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    await readAs(ctx);
    throw error;
  }
}

function bearerToken(header: string | undefined): string {
  const [, token] = /^Bearer +(.*)$/i.exec(header ?? "") ?? [];
  if (token === undefined || token.trim() === "") throw new DomainError("credentials_missing");
  return token.trim();
}
