import { sql } from "drizzle-orm";

import { ConfigError, getConfig } from "../../config.ts";
import { logUnexpected } from "../../logging.ts";
import { openDatabase } from "../../storage/database.ts";
import type { AppContext } from "../app-env.ts";

/** Without these nothing can be answered; without another part what needs it fails, and all else goes on. */
const needed: ReadonlySet<string> = new Set(["configuration", "database"]);

/** How long what was found is told again, in milliseconds: anybody may ask, and looking costs. */
const remembered = 2_000;
const found = new WeakMap<object, { readonly until: number; readonly parts: Parts }>();

type Parts = Readonly<Record<string, string>>;

/**
 * Looks at each part: `ready` when all answer, `degraded` when one does not that not every request needs,
 * else `unready` with 503. What is wrong is said in words.
 */
export async function readiness(c: AppContext) {
  const parts = await partsOf(c);
  const wrong = Object.keys(parts).filter((part) => parts[part] !== "ok" && part !== "mail");
  if (wrong.some((part) => needed.has(part))) {
    return c.json({ status: "unready" as const, parts }, 503, { "Retry-After": "5" });
  }
  return c.json({ status: wrong.length === 0 ? ("ready" as const) : ("degraded" as const), parts }, 200);
}

async function partsOf(c: AppContext): Promise<Parts> {
  const now = Date.now();
  const last = found.get(c.env);
  if (last !== undefined && now < last.until) return last.parts;
  const [databaseSays, usageSays, logosSay] = await Promise.all([database(c), usage(c), logos(c)]);
  const parts = {
    configuration: configuration(c),
    database: databaseSays,
    usage: usageSays,
    logos: logosSay,
    mail: mail(c),
  };
  found.set(c.env, { until: now + remembered, parts });
  return parts;
}

function configuration(c: AppContext): string {
  try {
    getConfig(c.env);
    return "ok";
  } catch (error) {
    return error instanceof ConfigError ? error.message : "unreadable";
  }
}

function mail(c: AppContext): string {
  try {
    if (getConfig(c.env).mailFrom !== undefined) return "ok";
    return "off: MAIL_FROM is not set, invitations are stored and not mailed";
  } catch {
    return "unknown";
  }
}

/** Also says when the migrations are missing: the counters come with the second. */
async function database(c: AppContext): Promise<string> {
  try {
    const rows = await openDatabase(c.env.DB).all(sql`select name from counters`);
    return rows.length > 0 ? "ok" : "empty: apply the migrations";
  } catch (error) {
    logUnexpected(c.var, error);
    return "does not answer, or the migrations are missing";
  }
}

/** Asks an object of no account, which keeps nothing. */
async function usage(c: AppContext): Promise<string> {
  try {
    await c.env.USAGE.get(c.env.USAGE.idFromName("readyz")).state(Date.now());
    return "ok";
  } catch (error) {
    logUnexpected(c.var, error);
    return "does not answer: nothing is counted and no usage told";
  }
}

async function logos(c: AppContext): Promise<string> {
  try {
    await c.env.LOGOS.head("readyz");
    return "ok";
  } catch (error) {
    logUnexpected(c.var, error);
    return "does not answer: no logo is stored or shown";
  }
}
