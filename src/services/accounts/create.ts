import { and, eq, or, sql } from "drizzle-orm";

import { slugKey } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { trialEnd } from "../../domain/plan.ts";
import { normalizeText, searchKey } from "../../domain/text.ts";
import { parseUuid } from "../../domain/uuid.ts";
import { assertion } from "../../storage/database.ts";
import { prepareStatement } from "../../storage/prepared.ts";
import { accounts, zones } from "../../storage/schema.ts";
import { prepareForCaller, prepareStatementForCaller } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { commit } from "../commit.ts";
import { assertCanOwnMore, checkCanOwnMore, countOwnedAccounts } from "./limits.ts";

export interface NewAccount {
  /** Valid and not reserved, in any case. */
  readonly slug: string;
  readonly title: string;
  readonly description?: string | null | undefined;
  readonly email?: string | null | undefined;
  /** A zone's uuid or slug. */
  readonly zone?: string | null | undefined;
}

export interface CreatedAccount {
  readonly uuid: string;
  readonly slug: string;
  readonly title: string;
}

/**
 * Creates an account owned by the caller. Throws `slug_taken`, `zone_not_available` (also for a private zone,
 * unless the caller is an operator) and `owned_account_limit_reached`. Two round trips.
 */
export function createAccount(ctx: Context, input: NewAccount): Promise<CreatedAccount> {
  const { db, now, settings } = ctx;
  const reads = [countOwnedAccounts(ctx), zoneQuery(ctx, input.zone)] as const;
  return commit(ctx, reads, (caller, [owned], [zone]) => {
    if (input.zone != null && zone === undefined) {
      throw new DomainError("zone_not_available", { value: input.zone });
    }
    checkCanOwnMore(ctx, owned?.count ?? 0);

    const title = normalizeText(input.title);
    const { email = null } = input;
    const description = input.description?.normalize("NFC") ?? null;
    const created = { uuid: crypto.randomUUID(), slug: slugKey(input.slug), title };
    return {
      access: "self",
      assert: [
        ...(zone === undefined ? [] : [assertZoneAvailable(ctx, { zone: zone.id })]),
        assertCanOwnMore(ctx),
      ],
      write: [
        // A trigger makes the creator the first owner.
        insertAccount(db, {
          ...created,
          titleKey: searchKey(title),
          description,
          email,
          type: settings.defaultPlan,
          zoneId: zone?.id ?? null,
          createdBy: caller.id,
          createdAt: now,
          trialExpiresAt: trialEnd(settings.defaultPlan, now),
        }),
      ],
      audit: {
        accountId: { uuid: created.uuid },
        action: "account.created",
        target: `account:${created.uuid}`,
        changes: {
          slug: [null, created.slug],
          title: [null, title],
          description: [null, description],
          email: [null, email],
          zone: [null, zone?.slug ?? null],
          type: [null, settings.defaultPlan],
        },
      },
      result: created,
    };
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
  (db, values) => db.insert(accounts).values(values),
);

function zoneQuery(ctx: Context, nameOrId: string | null | undefined) {
  const slug = nameOrId ?? "";
  return zoneByName(ctx, { slug, uuid: parseUuid(slug) ?? "" });
}

const zoneByName = prepareForCaller((queries, { hasPermission }) => {
  const isNamed = or(eq(zones.slug, sql.placeholder("slug")), eq(zones.uuid, sql.placeholder("uuid")));
  return queries
    .select({ id: zones.id, slug: zones.slug })
    .from(zones)
    .where(and(isNamed, sql`(not zones.private or ${hasPermission("manage")})`));
});

/** The zone may have been made private or deleted since it was read. */
const assertZoneAvailable = prepareStatementForCaller(["zone"], (db, { hasPermission }, { zone }) => {
  const isPublic = sql`(not private or ${hasPermission("manage")})`;
  return assertion(db, "conflict", sql`exists (select 1 from zones where id = ${zone} and ${isPublic})`);
});
