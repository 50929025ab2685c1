import { and, eq, or, sql } from "drizzle-orm";

import { slugKey } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { trialEnd } from "../../domain/plan.ts";
import { normalText, searchKey } from "../../domain/text.ts";
import { parseUuid } from "../../domain/uuid.ts";
import { precondition, runBatch } from "../../storage/database.ts";
import { accounts, memberships, zones } from "../../storage/schema.ts";
import { auditStatement } from "../audit.ts";
import { callerStillActive, hasEverywhere, readAs } from "../caller.ts";
import { callerId } from "../credentials.ts";
import type { Context } from "../context.ts";
import { keeping, once } from "../repeats.ts";

export interface NewAccount {
  /** In its form and not reserved; the case does not matter. */
  readonly slug: string;
  readonly title: string;
  readonly description?: string | null | undefined;
  readonly email?: string | null | undefined;
  /** A zone's uuid or slug. */
  readonly zone?: string | null | undefined;
}

/** An account as it is made. */
export interface MadeAccount {
  readonly uuid: string;
  readonly slug: string;
  readonly title: string;
}

/**
 * Makes an account whose first owner is the caller. Throws `slug_taken`, `zone_unknown` (also for
 * a private zone, but to an operator) and `owned_accounts_limit`. Two round trips.
 */
export function createAccount(ctx: Context, input: NewAccount): Promise<MadeAccount> {
  return once(async () => {
    const { db, now, settings } = ctx;
    const [caller, owned, [zone]] = await readAs(ctx, ownedCount(ctx), zoneQuery(ctx, input.zone));
    if (input.zone != null && zone === undefined) {
      throw new DomainError("zone_unknown", { value: input.zone });
    }
    requireOwnable(ctx, owned[0]?.count ?? 0);

    const title = normalText(input.title);
    const { email = null } = input;
    const description = input.description?.normalize("NFC") ?? null;
    const made = { uuid: crypto.randomUUID(), slug: slugKey(input.slug), title };
    await runBatch(
      db,
      keeping(ctx, caller, JSON.stringify(made), [
        callerStillActive(ctx, caller),
        ...(zone === undefined ? [] : [zoneStillThere(ctx, zone.id)]),
        stillOwnable(ctx),
        db.insert(accounts).values({
          ...made,
          titleKey: searchKey(title),
          description,
          email,
          type: settings.defaultPlan,
          zoneId: zone?.id ?? null,
          createdBy: caller.id,
          createdAt: now,
          trialExpiresAt: trialEnd(settings.defaultPlan, now),
        }),
        auditStatement(ctx, caller, {
          accountId: { uuid: made.uuid },
          action: "account.created",
          target: `account:${made.uuid}`,
          changes: {
            slug: [null, made.slug],
            title: [null, title],
            description: [null, description],
            email: [null, email],
            zone: [null, zone?.slug ?? null],
            type: [null, settings.defaultPlan],
          },
        }),
      ]),
    );
    return made;
  });
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
    .select({ id: zones.id, slug: zones.slug })
    .from(zones)
    .where(and(named, sql`(not zones.private or ${hasEverywhere(ctx, "manage")})`));
}

/** The zone may have been closed or deleted since it was read. */
function zoneStillThere(ctx: Context, id: number) {
  const there = sql`exists (select 1 from zones where id = ${id} and (not private or ${hasEverywhere(ctx, "manage")}))`;
  return precondition(ctx.db, "changed_meanwhile", there);
}
