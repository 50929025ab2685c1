import { and, eq, or, sql } from "drizzle-orm";

import { slugKey } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { trialEnd } from "../../domain/plan.ts";
import { normalizeName, searchKey } from "../../domain/text.ts";
import { parseUuid } from "../../domain/uuid.ts";
import { assertion, type Statement } from "../../storage/database.ts";
import { erasures } from "../../storage/internal-tables.ts";
import { prepareStatement } from "../../storage/prepared.ts";
import { accounts, zones } from "../../storage/schema.ts";
import { masked } from "../audit.ts";
import { prepareForCaller, prepareStatementForCaller } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { changedFields } from "../changed-fields.ts";
import { type Change, commit, type NoChange } from "../commit.ts";
import { type Access, type AccountName, accountQuery, checkAccess, type FoundAccount } from "./access.ts";
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

    const title = normalizeName(input.title);
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

/** Single sign-on settings of an account. */
export interface Saml {
  readonly domain: string;
  readonly ssoUrl: string;
  readonly entityId: string;
  readonly x509Cert: string;
}

/** The account versions that a change accepts. */
export type ExpectedVersions = readonly number[];

/** Fields that change; omitted ones stay. */
export interface AccountChanges {
  readonly title?: string | undefined;
  readonly slug?: string | undefined;
  readonly description?: string | null | undefined;
  readonly saml?: Saml | null | undefined;
}

/**
 * Changes an account and returns it with the changes. Throws what `checkAccess` throws, `slug_taken`, and
 * `version_mismatch` unless the account is in one of the `expected` versions. Two round trips; one if nothing
 * changes.
 */
export function updateAccount(
  ctx: Context,
  which: AccountName,
  readChanges: () => Promise<AccountChanges>,
  expected?: ExpectedVersions,
): Promise<Access> {
  return commit(ctx, [accountQuery(ctx, which)] as const, async (caller, [found]) => {
    const access = checkAccess(ctx, caller, found);
    return accountChange(ctx, access, toColumns(access.account, await readChanges()), expected);
  });
}

type AccountColumns = Partial<typeof accounts.$inferInsert>;

/**
 * Returns the change of an account's columns to other values. The version check runs last, so other errors take
 * precedence over `version_mismatch`.
 */
export function accountChange(
  ctx: Context,
  access: Access,
  columns: AccountColumns,
  expected: ExpectedVersions | undefined,
): Change<Access> | NoChange<Access> {
  const { account } = access;
  const names = Object.keys(columns) as (keyof AccountColumns)[];
  const isExpected = expected === undefined || expected.includes(account.version);
  if (names.length === 0) {
    if (!isExpected) throw new DomainError("version_mismatch");
    return { access, unchanged: access };
  }
  const update = ctx.db
    .update(accounts)
    .set({ ...columns, version: sql`${accounts.version} + 1` })
    .where(eq(accounts.id, account.id));
  return {
    access,
    // Only columns that differ are written, so the others must be what was read.
    assert: [assertVersion(ctx, account)],
    write: [update],
    assertAfter: [assertion(ctx.db, "version_mismatch", isExpected ? sql`true` : sql`false`)],
    audit: {
      accountId: account.id,
      action: "account.updated",
      target: `account:${account.uuid}`,
      changes: Object.fromEntries(
        names
          .filter((name) => name !== "titleKey" && name !== "logoUpload")
          .map((name) => [
            accounts[name].name,
            name === "samlX509Cert" ? [masked, masked] : [account[name], columns[name]],
          ]),
      ),
    },
    result: {
      ...access,
      account: { ...account, ...(columns as Partial<FoundAccount>), version: account.version + 1 },
    },
  };
}

function assertVersion({ db }: Context, { id, version }: FoundAccount): Statement {
  const same = sql`exists (select 1 from ${accounts} where ${accounts.id} = ${id} and ${accounts.version} = ${version})`;
  return assertion(db, "conflict", same);
}

function toColumns(account: FoundAccount, changes: AccountChanges): Partial<FoundAccount> {
  const title = changes.title === undefined ? undefined : normalizeName(changes.title);
  const { saml } = changes;
  return changedFields(account, {
    title,
    titleKey: title === undefined ? undefined : searchKey(title),
    slug: changes.slug === undefined ? undefined : slugKey(changes.slug),
    description:
      changes.description === undefined ? undefined : (changes.description?.normalize("NFC") ?? null),
    samlDomain: saml === undefined ? undefined : (saml?.domain ?? null),
    samlSsoUrl: saml === undefined ? undefined : (saml?.ssoUrl ?? null),
    samlEntityId: saml === undefined ? undefined : (saml?.entityId ?? null),
    samlX509Cert: saml === undefined ? undefined : (saml?.x509Cert ?? null),
  });
}

/**
 * Deletes an account with everything that belongs to it. Its rows are deleted at once; logo, usage and history
 * follow through the queue, which a row written in the same batch guarantees. Throws `version_mismatch` unless
 * the account is in one of the `expected` versions. Two round trips.
 */
export function deleteAccount(ctx: Context, which: AccountName, expected?: ExpectedVersions): Promise<void> {
  return commit(ctx, [accountQuery(ctx, which)] as const, (caller, [found]) => {
    const access = checkAccess(ctx, caller, found);
    const { account } = access;
    if (expected?.includes(account.version) === false) throw new DomainError("version_mismatch");
    const { id, uuid, slug, title } = account;
    return {
      access,
      assert: expected === undefined ? [] : [assertVersion(ctx, account)],
      write: [
        ctx.db.insert(erasures).values({ accountUuid: uuid, accountId: id, askedAt: ctx.now }),
        ctx.db.delete(accounts).where(eq(accounts.id, id)),
      ],
      audit: {
        accountId: null,
        action: "account.deleted",
        target: `account:${uuid}`,
        changes: { slug: [slug, null], title: [title, null] },
      },
      result: undefined,
      jobs: [{ job: { kind: "erase-account", accountUuid: uuid } }],
    };
  });
}
