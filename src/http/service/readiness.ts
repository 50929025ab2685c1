import { sql } from "drizzle-orm";

import { openDatabase } from "../../storage/database.ts";
import { configurationOf, ConfigurationError } from "../configuration.ts";
import type { AppContext } from "../app-env.ts";
import { logFault } from "../refusal.ts";

/** Looks at each part a request needs: 200 when all answer, else 503, with what is wrong in words. */
export async function readiness(c: AppContext) {
  const parts = { configuration: configuration(c), database: await database(c), mail: mail(c) };
  // Without mail invitations are stored and wait: nothing that is asked fails for it.
  const ready = parts.configuration === "ok" && parts.database === "ok";
  if (ready) return c.json({ status: "ready" as const, parts }, 200);
  return c.json({ status: "unready" as const, parts }, 503, { "Retry-After": "5" });
}

function configuration(c: AppContext): string {
  try {
    configurationOf(c.env);
    return "ok";
  } catch (error) {
    return error instanceof ConfigurationError ? error.message : "unreadable";
  }
}

function mail(c: AppContext): string {
  try {
    if (configurationOf(c.env).settings.mailFrom !== undefined) return "ok";
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
    logFault(c, error);
    return "does not answer, or the migrations are missing";
  }
}
