import { eq, sql } from "drizzle-orm";

import { assertion, runBatch } from "../../storage/database.ts";
import { users } from "../../storage/schema.ts";
import { auditStatement } from "../audit.ts";
import { type Caller, queryAsCaller } from "../caller/caller.ts";
import { assertCallerActive } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";

/** The caller, with the consent they have given. One round trip. */
export async function getConsent(ctx: Context): Promise<Caller> {
  const [caller] = await queryAsCaller(ctx);
  return caller;
}

/**
 * Changes the caller's consent and keeps the time of the change; consent that is the same, or
 * undefined, changes nothing. Two round trips; one when nothing changes.
 */
export async function updateConsent(
  ctx: Context,
  readConsent: () => Promise<boolean | undefined>,
): Promise<Caller> {
  const [caller] = await queryAsCaller(ctx);
  const consentGiven = await readConsent();
  if (consentGiven === undefined || consentGiven === caller.consentGiven) return caller;

  // Of two equal changes at once the second finds nothing left to change: the time is the first one's.
  const unchanged = sql`exists (select 1 from ${users} where ${users.id} = ${caller.id} and ${users.consentGiven} = ${caller.consentGiven ? 1 : 0})`;
  const update = ctx.db
    .update(users)
    .set({ consentGiven, consentAt: ctx.now })
    .where(eq(users.id, caller.id));
  const audit = auditStatement(ctx, caller, {
    accountId: null,
    action: consentGiven ? "user.consented" : "user.consent_withdrawn",
    target: `user:${caller.uuid}`,
    changes: { consent_given: [caller.consentGiven, consentGiven] },
  });
  await runBatch(ctx.db, [
    assertCallerActive(ctx, caller),
    assertion(ctx.db, "conflict", unchanged),
    update,
    audit,
  ] as const);
  return { ...caller, consentGiven };
}
