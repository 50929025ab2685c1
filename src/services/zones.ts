import { asc, sql, type SQL } from "drizzle-orm";

import { zones } from "../storage/schema/zones.ts";
import { accountQuery, requireAccess, type AccountName } from "./accounts/access.ts";
import { hasEverywhere } from "./asker.ts";
import { readAs, type Caller } from "./caller.ts";
import type { Context } from "./context.ts";

/** A zone; where usage is counted in it is told to operators only. */
export type Zone = Omit<ZoneRow, "id" | "locationHint"> & Partial<Pick<ZoneRow, "locationHint">>;
type ZoneRow = typeof zones.$inferSelect;

/** The zones anyone may place an account in; to an operator the private ones too. One round trip. */
export async function listZones(ctx: Context): Promise<readonly Zone[]> {
  const open = sql`(not zones.private or ${hasEverywhere(ctx, "manage")})`;
  const [caller, rows] = await readAs(ctx, zonesWhere(ctx, open));
  return rows.map((zone) => asSeenBy(caller, zone));
}

/** The public zones, and the private one the account is placed in; to an operator all. One round trip. */
export async function listAccountZones(ctx: Context, which: AccountName): Promise<readonly Zone[]> {
  const all = zonesWhere(ctx, undefined);
  const [caller, [found], rows] = await readAs(ctx, accountQuery(ctx, which), all);
  const { account } = requireAccess(ctx, caller, found);
  return rows
    .filter(({ private: hidden, id }) => !hidden || id === account.zoneId || caller.everywhere.has("manage"))
    .map((zone) => asSeenBy(caller, zone));
}

function zonesWhere(ctx: Context, where: SQL | undefined) {
  return ctx.db.select().from(zones).where(where).orderBy(asc(zones.id));
}

function asSeenBy(caller: Caller, { locationHint, ...zone }: ZoneRow): Zone {
  return caller.everywhere.has("manage") ? { ...zone, locationHint } : zone;
}
