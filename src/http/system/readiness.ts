import { sql } from "drizzle-orm";

import { ConfigError, getConfig } from "../../config.ts";
import { logUnexpected } from "../../logging.ts";
import { openDatabase } from "../../storage/database.ts";
import type { AppContext } from "../app-env.ts";

/** Without these parts no request succeeds; without another one only some requests fail. */
const requiredParts: ReadonlySet<string> = new Set(["configuration", "database"]);

/** How long a result is cached, in milliseconds: the endpoint is open, and the checks have a cost. */
const cacheTime = 2_000;
const cache = new WeakMap<object, { readonly until: number; readonly parts: Parts }>();

type Parts = Readonly<Record<string, string>>;

/**
 * Checks each part of the service. Responds `ready` if all parts work, `degraded` if a part fails that
 * only some requests need, else `unready` with 503. Mail does not affect the status.
 */
export async function readiness(c: AppContext) {
  const parts = await checkParts(c);
  const failed = Object.keys(parts).filter((part) => parts[part] !== "ok" && part !== "mail");
  if (failed.some((part) => requiredParts.has(part))) {
    return c.json({ status: "unready" as const, parts }, 503, { "Retry-After": "5" });
  }
  return c.json({ status: failed.length === 0 ? ("ready" as const) : ("degraded" as const), parts }, 200);
}

async function checkParts(c: AppContext): Promise<Parts> {
  const now = Date.now();
  const cached = cache.get(c.env);
  if (cached !== undefined && now < cached.until) return cached.parts;
  const [database, usage, logos] = await Promise.all([checkDatabase(c), checkUsage(c), checkLogos(c)]);
  const parts = { configuration: checkConfiguration(c), database, usage, logos, mail: checkMail(c) };
  cache.set(c.env, { until: now + cacheTime, parts });
  return parts;
}

function checkConfiguration(c: AppContext): string {
  try {
    getConfig(c.env);
    return "ok";
  } catch (error) {
    return error instanceof ConfigError ? error.message : "cannot be read";
  }
}

function checkMail(c: AppContext): string {
  try {
    if (getConfig(c.env).mailFrom !== undefined) return "ok";
    return "off: MAIL_FROM is not set, so invitations are stored but not mailed";
  } catch {
    return "unknown";
  }
}

/** Checks the database and its migrations, which insert the counters. */
async function checkDatabase(c: AppContext): Promise<string> {
  try {
    const rows = await openDatabase(c.env.DB).all(sql`select name from counters`);
    return rows.length > 0 ? "ok" : "empty: apply the migrations";
  } catch (error) {
    logUnexpected(c.var, error);
    return "unreachable, or the migrations are missing";
  }
}

/** Calls an object that belongs to no account. It stores nothing. */
async function checkUsage(c: AppContext): Promise<string> {
  try {
    await c.env.USAGE.get(c.env.USAGE.idFromName("readyz")).state(Date.now());
    return "ok";
  } catch (error) {
    logUnexpected(c.var, error);
    return "unreachable: usage cannot be recorded or read";
  }
}

async function checkLogos(c: AppContext): Promise<string> {
  try {
    await c.env.LOGOS.head("readyz");
    return "ok";
  } catch (error) {
    logUnexpected(c.var, error);
    return "unreachable: logos cannot be stored or shown";
  }
}
