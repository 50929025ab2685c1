import { asc, sql, type SQL } from "drizzle-orm";

import { zones } from "../../storage/schema.ts";
import { type AccountName, accountQuery, checkAccess } from "../accounts/access.ts";
import { type Caller, queryAsCaller } from "../caller/caller.ts";
import { callerConditions } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";

/** A zone; where usage is counted in it is told to operators only. */
export type Zone = Omit<ZoneRow, "id" | "locationHint"> & Partial<Pick<ZoneRow, "locationHint">>;
type ZoneRow = typeof zones.$inferSelect;

/** The zones anyone may place an account in; to an operator the private ones too. One round trip. */
export async function listZones(ctx: Context): Promise<readonly Zone[]> {
  const open = sql`(not zones.private or ${callerConditions(ctx).hasPermission("manage")})`;
  const [caller, rows] = await queryAsCaller(ctx, zonesWhere(ctx, open));
  return rows.map((zone) => asSeenBy(caller, zone));
}

/** The public zones, and the private one the account is placed in; to an operator all. One round trip. */
export async function listAccountZones(ctx: Context, which: AccountName): Promise<readonly Zone[]> {
  const all = zonesWhere(ctx, undefined);
  const [caller, [found], rows] = await queryAsCaller(ctx, accountQuery(ctx, which), all);
  const { account } = checkAccess(ctx, caller, found);
  return rows
    .filter(
      ({ private: hidden, id }) => !hidden || id === account.zoneId || caller.globalPermissions.has("manage"),
    )
    .map((zone) => asSeenBy(caller, zone));
}

function zonesWhere(ctx: Context, where: SQL | undefined) {
  return ctx.db.select().from(zones).where(where).orderBy(asc(zones.id));
}

function asSeenBy(caller: Caller, { locationHint, ...zone }: ZoneRow): Zone {
  return caller.globalPermissions.has("manage") ? { ...zone, locationHint } : zone;
}
