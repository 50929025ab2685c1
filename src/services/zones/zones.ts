import { asc, sql, type SQL } from "drizzle-orm";

import { zones } from "../../storage/schema.ts";
import { type AccountName, accountQuery, checkAccess } from "../accounts/access.ts";
import { type Caller, queryAsCaller } from "../caller/caller.ts";
import { callerConditions } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";

/** A zone. Only operators see its location hint. */
export type Zone = Omit<ZoneRow, "id" | "locationHint"> & Partial<Pick<ZoneRow, "locationHint">>;
type ZoneRow = typeof zones.$inferSelect;

/** Returns the zones in which the caller may place an account: the public ones, for operators all. One round trip. */
export async function listZones(ctx: Context): Promise<readonly Zone[]> {
  const isVisible = sql`(not zones.private or ${callerConditions(ctx).hasPermission("manage")})`;
  const [caller, rows] = await queryAsCaller(ctx, zonesWhere(ctx, isVisible));
  return rows.map((zone) => toVisibleZone(caller, zone));
}

/** Returns the public zones and the account's own; for operators all. Throws what `checkAccess` throws. One round trip. */
export async function listAccountZones(ctx: Context, which: AccountName): Promise<readonly Zone[]> {
  const all = zonesWhere(ctx, undefined);
  const [caller, [found], rows] = await queryAsCaller(ctx, accountQuery(ctx, which), all);
  const { account } = checkAccess(ctx, caller, found);
  return rows
    .filter(
      ({ private: hidden, id }) => !hidden || id === account.zoneId || caller.globalPermissions.has("manage"),
    )
    .map((zone) => toVisibleZone(caller, zone));
}

function zonesWhere(ctx: Context, where: SQL | undefined) {
  return ctx.db.select().from(zones).where(where).orderBy(asc(zones.id));
}

function toVisibleZone(caller: Caller, { locationHint, ...zone }: ZoneRow): Zone {
  return caller.globalPermissions.has("manage") ? { ...zone, locationHint } : zone;
}
