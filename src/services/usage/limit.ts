import { eq } from "drizzle-orm";

import { usageLimitOf } from "../../domain/plan.ts";
import type { Env } from "../../env.ts";
import { openDatabase } from "../../storage/database.ts";
import { Tally } from "../../storage/tally.ts";
import { accounts } from "../../storage/schema/accounts.ts";
import { zones } from "../../storage/schema/zones.ts";
import { isItsZone, type FoundAccount } from "../accounts/access.ts";
import type { Context } from "../context.ts";
import { askMeter } from "./meter.ts";

/** The job of telling an account's usage object the limit it has. */
export interface LimitJob {
  readonly kind: "tell-limit";
  readonly accountUuid: string;
}

/** Tells the usage object its limit, so that `quota` is brought up to date; each increment brings its own. */
export async function tellLimit(
  ctx: Pick<Context, "usage" | "tally" | "now">,
  account: Pick<FoundAccount, "uuid" | "zoneHint">,
  limit: number | null,
): Promise<void> {
  const change = { accountUuid: account.uuid, limit };
  await askMeter(ctx, account, {
    repeatable: true,
    ask: async (meter): Promise<void> => meter.limitChanged(change, ctx.now),
  });
}

/** Tells an account's usage object the limit that the database has now; an account that is gone has none. */
export async function tellStoredLimit(env: Env, accountUuid: string): Promise<void> {
  const [account] = await openDatabase(env.DB)
    .select({
      uuid: accounts.uuid,
      type: accounts.type,
      usageLimit: accounts.usageLimit,
      zoneHint: zones.locationHint,
    })
    .from(accounts)
    .leftJoin(zones, isItsZone)
    .where(eq(accounts.uuid, accountUuid));
  if (account === undefined) return;
  await tellLimit({ usage: env.USAGE, tally: new Tally(), now: Date.now() }, account, usageLimitOf(account));
}
