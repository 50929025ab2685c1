import { asc, eq, type SQL } from "drizzle-orm";

import { zones } from "../storage/schema.ts";
import { accountQuery, requireAccess } from "./accounts/access.ts";
import { readAs } from "./caller.ts";
import type { Context } from "./context.ts";

export type Zone = typeof zones.$inferSelect;

/** The zones anyone may place an account in; to an operator the private ones too. One round trip. */
export async function listZones(ctx: Context): Promise<readonly Zone[]> {
  const [, rows] = await readAs(
    ctx,
    zonesWhere(ctx, ctx.principal.operator ? undefined : eq(zones.private, false)),
  );
  return rows;
}

/** The public zones, and the private one the account is placed in; to an operator all. One round trip. */
export async function listAccountZones(ctx: Context, which: SQL): Promise<readonly Zone[]> {
  const all = zonesWhere(ctx, undefined);
  const [caller, [found], rows] = await readAs(ctx, accountQuery(ctx, which), all);
  const { account } = requireAccess(ctx, caller, found);
  const { operator } = ctx.principal;
  return rows.filter((zone) => operator || !zone.private || zone.id === account.zoneId);
}

function zonesWhere(ctx: Context, where: SQL | undefined) {
  return ctx.db.select().from(zones).where(where).orderBy(asc(zones.id));
}
