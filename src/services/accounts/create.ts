import { and, eq, or, type Placeholder, sql } from "drizzle-orm";
import { QueryBuilder } from "drizzle-orm/sqlite-core";

import { slugKey } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { trialEnd } from "../../domain/plan.ts";
import { normalizeText, searchKey } from "../../domain/text.ts";
import { parseUuid } from "../../domain/uuid.ts";
import { assertion, runBatch } from "../../storage/database.ts";
import { prepareQuery, prepareStatement, uncached } from "../../storage/prepared.ts";
import { accounts, zones } from "../../storage/schema.ts";
import { auditStatement } from "../audit.ts";
import { queryAsCaller } from "../caller/caller.ts";
import {
  assertCallerActive,
  callerConditions,
  type CallerConditions,
  hasGlobalPermission,
  identityConditions,
  identityParams,
} from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { replayable, withIdempotencyRecord } from "../idempotency.ts";
import { assertCanOwnMore, checkCanOwnMore, countOwnedAccounts } from "./limits.ts";

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
export interface CreatedAccount {
  readonly uuid: string;
  readonly slug: string;
  readonly title: string;
}

/**
 * Makes an account whose first owner is the caller. Throws `slug_taken`, `zone_not_available` (also for
 * a private zone, but to an operator) and `owned_account_limit_reached`. Two round trips.
 */
export function createAccount(ctx: Context, input: NewAccount): Promise<CreatedAccount> {
  return replayable(async () => {
    const { db, now, settings } = ctx;
    const [caller, owned, [zone]] = await queryAsCaller(
      ctx,
      countOwnedAccounts(ctx),
      zoneQuery(ctx, input.zone),
    );
    if (input.zone != null && zone === undefined) {
      throw new DomainError("zone_not_available", { value: input.zone });
    }
    checkCanOwnMore(ctx, owned[0]?.count ?? 0);

    const title = normalizeText(input.title);
    const { email = null } = input;
    const description = input.description?.normalize("NFC") ?? null;
    const made = { uuid: crypto.randomUUID(), slug: slugKey(input.slug), title };
    await runBatch(
      db,
      withIdempotencyRecord(ctx, caller, JSON.stringify(made), [
        assertCallerActive(ctx, caller),
        ...(zone === undefined ? [] : [zoneStillThere(ctx, zone.id)]),
        assertCanOwnMore(ctx),
        insertAccount(db, {
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

const insertAccount = prepareStatement(
  [
    "uuid",
    "slug",
    "title",
    "titleKey",
    "description",
    "email",
    "type",
    "zoneId",
    "createdBy",
    "createdAt",
    "trialExpiresAt",
  ],
  (db, slots) => db.insert(accounts).values(slots),
);

function zoneQuery(ctx: Context, nameOrId: string | null | undefined) {
  const slug = nameOrId ?? "";
  const uuid = parseUuid(slug) ?? "";
  if (ctx.principal.kind === "identity") return zoneNamed(ctx.db, { ...identityParams(ctx), slug, uuid });
  return uncached(ctx.db, selectZone(new QueryBuilder(), callerConditions(ctx), { slug, uuid }));
}

const zoneNamed = prepareQuery((queries) =>
  selectZone(queries, identityConditions, { slug: sql.placeholder("slug"), uuid: sql.placeholder("uuid") }),
);

function selectZone(
  queries: QueryBuilder,
  { hasPermission }: CallerConditions,
  { slug, uuid }: Readonly<Record<"slug" | "uuid", string | Placeholder>>,
) {
  return queries
    .select({ id: zones.id, slug: zones.slug })
    .from(zones)
    .where(
      and(
        or(eq(zones.slug, slug), eq(zones.uuid, uuid)),
        sql`(not zones.private or ${hasPermission("manage")})`,
      ),
    );
}

/** The zone may have been closed or deleted since it was read. */
function zoneStillThere(ctx: Context, id: number) {
  const there = sql`exists (select 1 from zones where id = ${id} and (not private or ${hasGlobalPermission(ctx, "manage")}))`;
  return assertion(ctx.db, "conflict", there);
}
