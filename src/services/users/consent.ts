import { eq, sql } from "drizzle-orm";

import { assertion } from "../../storage/database.ts";
import { users } from "../../storage/schema.ts";
import type { Caller } from "../caller/caller.ts";
import type { Context } from "../caller/context.ts";
import { commit } from "../commit.ts";

/**
 * Changes the caller's consent and stores the time of the change. The same consent, or undefined, changes
 * nothing. Two round trips; one if nothing changes.
 */
export function updateConsent(
  ctx: Context,
  readConsent: () => Promise<boolean | undefined>,
): Promise<Caller> {
  return commit(ctx, [] as const, async (caller) => {
    const consentGiven = await readConsent();
    if (consentGiven === undefined || consentGiven === caller.consentGiven) {
      return { access: "self", unchanged: caller };
    }
    // The second of two equal simultaneous changes finds nothing to change, so the time is the first one's.
    const same = sql`exists (select 1 from ${users} where ${users.id} = ${caller.id} and ${users.consentGiven} = ${caller.consentGiven ? 1 : 0})`;
    return {
      access: "self",
      assert: [assertion(ctx.db, "conflict", same)],
      write: [ctx.db.update(users).set({ consentGiven, consentAt: ctx.now }).where(eq(users.id, caller.id))],
      audit: {
        accountId: null,
        action: consentGiven ? "user.consented" : "user.consent_withdrawn",
        target: `user:${caller.uuid}`,
        changes: { consent_given: [caller.consentGiven, consentGiven] },
      },
      result: { ...caller, consentGiven },
    };
  });
}
