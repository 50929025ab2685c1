import { and, eq, or, sql } from "drizzle-orm";

import { slugKey } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { planLimits } from "../../domain/plan.ts";
import { normalText, searchKey } from "../../domain/text.ts";
import { parseUuid } from "../../domain/uuid.ts";
import { precondition, runBatch } from "../../storage/database.ts";
import { accounts, memberships, zones } from "../../storage/schema.ts";
import { auditStatement } from "../audit.ts";
import { callerId, callerStillActive, readAs } from "../caller.ts";
import type { Context } from "../context.ts";

export interface NewAccount {
  /** In its form and not reserved; the case does not matter. */
  readonly slug: string;
  readonly title: string;
  readonly description?: string | null | undefined;
  readonly email?: string | null | undefined;
  /** A zone's uuid or slug. */
  readonly zone?: string | null | undefined;
}

const dayLength = 24 * 60 * 60 * 1000;

/**
 * Makes an account whose first owner is the caller. Throws `slug_taken`, `zone_unknown` (also for
 * a private zone, but to an operator) and `owned_accounts_limit`. Two round trips.
 */
export async function createAccount(ctx: Context, input: NewAccount): Promise<typeof accounts.$inferSelect> {
  const { db, now, settings } = ctx;
  const [caller, owned, [zone]] = await readAs(ctx, ownedCount(ctx), zoneQuery(ctx, input.zone));
  if (input.zone != null && zone === undefined) throw new DomainError("zone_unknown", { value: input.zone });
  requireOwnable(ctx, owned[0]?.count ?? 0);

  const uuid = crypto.randomUUID();
  const { trialDays } = planLimits[settings.defaultPlan];
  const title = normalText(input.title);
  const account = db
    .insert(accounts)
    .values({
      uuid,
      slug: slugKey(input.slug),
      title,
      titleKey: searchKey(title),
      description: input.description?.normalize("NFC") ?? null,
      email: input.email ?? null,
      type: settings.defaultPlan,
      zoneId: zone?.id ?? null,
      createdBy: caller.id,
      createdAt: now,
      trialExpiresAt: trialDays === null ? null : now + trialDays * dayLength,
    })
    .returning();
  const audit = auditStatement(ctx, caller, {
    accountId: sql`(select ${accounts.id} from ${accounts} where ${accounts.uuid} = ${uuid})`,
    action: "account.created",
    target: `account:${uuid}`,
    changes: { slug: [null, slugKey(input.slug)], title: [null, title] },
  });
  const [, , [made]] = await runBatch(db, [
    callerStillActive(ctx, caller),
    stillOwnable(ctx),
    account,
    audit,
  ] as const);
  if (made === undefined) throw new Error("An insert that did not fail returned no row");
  return made;
}

/** How many accounts the caller owns, as far as the service limits that: no more than the limit are counted. */
export function ownedCount(ctx: Context) {
  const owned = ctx.db
    .select({ one: sql`1` })
    .from(memberships)
    .where(and(eq(memberships.userId, callerId(ctx)), eq(memberships.role, "AOWNER")))
    .limit(ctx.settings.maxOwnedAccounts ?? 0);
  return ctx.db.select({ count: sql<number>`count(*)`.as("count") }).from(sql`(${owned})`);
}

/** Whether the service lets a user who owns this many accounts make one more. */
export function mayOwnMore({ settings: { maxOwnedAccounts } }: Context, owned: number): boolean {
  return maxOwnedAccounts === undefined || owned < maxOwnedAccounts;
}

function requireOwnable(ctx: Context, owned: number): void {
  if (!mayOwnMore(ctx, owned)) throw new DomainError("owned_accounts_limit");
}

/** The limit holds under any number of creations at once: it is looked at again as the account is made. */
function stillOwnable(ctx: Context) {
  const { maxOwnedAccounts } = ctx.settings;
  const below = maxOwnedAccounts === undefined ? sql`true` : sql`(${ownedCount(ctx)}) < ${maxOwnedAccounts}`;
  return precondition(ctx.db, "owned_accounts_limit", below);
}

function zoneQuery(ctx: Context, nameOrId: string | null | undefined) {
  const uuid = nameOrId == null ? undefined : parseUuid(nameOrId);
  const named = or(eq(zones.slug, nameOrId ?? ""), eq(zones.uuid, uuid ?? ""));
  return ctx.db
    .select({ id: zones.id })
    .from(zones)
    .where(and(named, ctx.principal.operator ? undefined : eq(zones.private, false)));
}
