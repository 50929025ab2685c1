import { tokenVerifier } from "../auth/verify-token.ts";
import { getConfig } from "../config.ts";
import { DomainError } from "../domain/errors.ts";
import { isOperator } from "../domain/operators.ts";
import type { Requirement } from "../domain/permissions.ts";
import { logUnexpected } from "../logging.ts";
import { isAccessToken, parseAccessToken } from "../services/access-tokens/secret.ts";
import { queryAsCaller } from "../services/caller/caller.ts";
import { callerParams } from "../services/caller/conditions.ts";
import type { Context, Principal } from "../services/caller/context.ts";
import { openDatabase } from "../storage/database.ts";
import type { AppContext, CallerKind } from "./app-env.ts";
import { limitRequests } from "./rate-limit.ts";
import { selectDatabase } from "./read-replicas.ts";

/**
 * Verifies the credentials and returns the context of the use case. Does not query the database:
 * the caller, and the hash of a personal access token, are read together with the data of the use
 * case. With `counted` false the request does not count towards the requests per minute. Throws
 * `credentials_missing`, `token_invalid`, `issuer_unavailable` and `rate_limited`.
 */
export async function authenticate(c: AppContext, requires: Requirement, counted = true): Promise<Context> {
  const settings = getConfig(c.env);
  const stats = c.get("stats");
  const now = Date.now();
  const principal = await readPrincipal(c, bearerToken(c.req.header("Authorization")));
  c.set("caller", callerKind(principal));
  if (counted) await limitRequests(c, principal);
  return {
    principal,
    requires,
    now,
    requestId: c.get("requestId"),
    settings,
    db: openDatabase(selectDatabase(c), {
      stats,
      primary: c.env.DB,
      params: callerParams(principal, now, settings.operators),
    }),
    stats,
    usage: c.env.USAGE,
    logos: c.env.LOGOS,
    jobs: c.env.JOBS,
    defer: (work) => {
      c.executionCtx.waitUntil(work.catch((error: unknown) => logUnexpected(c.var, error)));
    },
  };
}

async function readPrincipal(c: AppContext, token: string): Promise<Principal> {
  if (isAccessToken(token)) {
    const accessToken = await parseAccessToken(token);
    if (accessToken === undefined) throw new DomainError("token_invalid", {}, "malformed");
    return { kind: "token", ...accessToken };
  }
  const { issuers, operators } = getConfig(c.env);
  const identity = await tokenVerifier(issuers).verify(token);
  const operator = isOperator(operators, identity);
  return { kind: "identity", identity, operator };
}

function callerKind(principal: Principal): CallerKind {
  if (principal.kind === "token") return "access_token";
  return principal.operator ? "operator" : "user";
}

/**
 * Reads values from the request. If that fails, looks up the caller before rejecting the request, so
 * that an inactive user gets no information but that they are inactive.
 */
export async function authenticateBeforeRejecting<Value>(
  ctx: Context,
  read: () => Value | Promise<Value>,
): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    await queryAsCaller(ctx);
    throw error;
  }
}

function bearerToken(header: string | undefined): string {
  const [, token] = /^Bearer +(.*)$/i.exec(header ?? "") ?? [];
  if (token === undefined || token.trim() === "") throw new DomainError("credentials_missing");
  return token.trim();
}
