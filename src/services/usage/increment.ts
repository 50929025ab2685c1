import { DomainError } from "../../domain/errors.ts";
import { usageLimitOf } from "../../domain/plan.ts";
import { usageAnswer, type UsageAnswer } from "../../domain/usage.ts";
import type { IncrementResult } from "../../durable/increment.ts";
import { AccountName } from "../accounts/access.ts";
import { getAccount } from "../accounts/get.ts";
import type { Context } from "../context.ts";
import { askMeter } from "./meter.ts";

/** How an increment ended: `too_large` where the sum would pass 2^53−1. */
export type IncrementOutcome =
  | { readonly kind: "counted"; readonly answer: UsageAnswer }
  /** It would pass the limit; the period, and with it the refusal, ends in so many seconds. */
  | { readonly kind: "refused"; readonly answer: UsageAnswer; readonly secondsLeft: number }
  | { readonly kind: "too_large" };

/**
 * Counts usage of an account in this calendar month (UTC), unless that would pass the limit. With a
 * key it counts once in 24 hours. Throws what `requireAccess` throws, `key_reused`, and
 * `usage_unavailable`. One round trip and one object call.
 */
export async function incrementUsage(
  ctx: Context,
  uuid: string,
  readAmount: () => Promise<number>,
  key: string | undefined,
): Promise<IncrementOutcome> {
  const { account } = await getAccount(ctx, new AccountName(uuid));
  const amount = await readAmount();
  const input = {
    accountUuid: account.uuid,
    amount,
    limit: usageLimitOf(account),
    overridden: account.usageLimit !== null,
    enforcement: account.usageEnforcement,
    // The amount is all that a request says.
    key: key === undefined ? undefined : { value: key, requestHash: String(amount) },
  };
  const result = await askMeter(ctx, account, async (meter): Promise<IncrementResult> =>
    meter.increment(input, ctx.now),
  );
  if (typeof result === "number") return { kind: "counted", answer: usageAnswer(result, input) };
  if (result.kind === "repeated") return { kind: "counted", answer: result.answer };
  if (result.kind === "refused") {
    const secondsLeft = Math.max(1, Math.ceil((result.periodEnd - ctx.now) / 1000));
    return { kind: "refused", answer: result.answer, secondsLeft };
  }
  if (result.kind === "key_reused") throw new DomainError("key_reused");
  return { kind: "too_large" };
}
