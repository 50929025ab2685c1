import { eq } from "drizzle-orm";

import { effectiveUsageLimit } from "../../domain/plan.ts";
import type { Env } from "../../env.ts";
import { openDatabase } from "../../storage/database.ts";
import { RequestStats } from "../../storage/request-stats.ts";
import { accounts, zones } from "../../storage/schema.ts";
import { type FoundAccount, joinsZone } from "../accounts/access.ts";
import type { Context } from "../caller/context.ts";
import { callMeter } from "../usage/meter.ts";

/** Pushes a limit to the usage object, which updates `quota`. Increments bring the limit with them. One object call. */
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

/** Pushes the stored limit of an account to its usage object, unless the account was deleted. */
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
