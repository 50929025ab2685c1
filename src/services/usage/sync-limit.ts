import { eq } from "drizzle-orm";

import { effectiveUsageLimit } from "../../domain/plan.ts";
import type { Env } from "../../env.ts";
import { openDatabase } from "../../storage/database.ts";
import { RequestStats } from "../../storage/request-stats.ts";
import { accounts, zones } from "../../storage/schema.ts";
import { type FoundAccount, joinsZone } from "../accounts/access.ts";
import type { Context } from "../caller/context.ts";
import { callMeter } from "./meter.ts";

/** The job of telling an account's usage object the limit it has. */
export interface SyncUsageLimitJob {
  readonly kind: "tell-limit";
  readonly accountUuid: string;
}

/** Tells the usage object its limit, so that `quota` is brought up to date; each increment brings its own. */
export async function pushLimit(
  ctx: Pick<Context, "usage" | "stats" | "now">,
  account: Pick<FoundAccount, "uuid" | "zoneHint">,
  limit: number | null,
): Promise<void> {
  const change = { accountUuid: account.uuid, limit };
  await callMeter(ctx, account, {
    idempotent: true,
    call: async (meter): Promise<void> => meter.setLimit(change, ctx.now),
  });
}

/** Tells an account's usage object the limit that the database has now; an account that is gone has none. */
export async function pushStoredLimit(env: Env, accountUuid: string): Promise<void> {
  const [account] = await openDatabase(env.DB)
    .select({
      uuid: accounts.uuid,
      type: accounts.type,
      usageLimit: accounts.usageLimit,
      zoneHint: zones.locationHint,
    })
    .from(accounts)
    .leftJoin(zones, joinsZone)
    .where(eq(accounts.uuid, accountUuid));
  if (account === undefined) return;
  await pushLimit(
    { usage: env.USAGE, stats: new RequestStats(), now: Date.now() },
    account,
    effectiveUsageLimit(account),
  );
}
