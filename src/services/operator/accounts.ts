import { sql } from "drizzle-orm";
import { QueryBuilder } from "drizzle-orm/sqlite-core";

import type { BlockedFeature, BlockingState, UsageEnforcement } from "../../domain/account.ts";
import type { AccountLimits } from "../../domain/limits.ts";
import { makePage, type PageLink, type PageRequest, pageWindow } from "../../domain/pagination.ts";
import { effectiveUsageLimit, type Plan, planLimits, trialEnd } from "../../domain/plan.ts";
import { searchTerms } from "../../domain/search.ts";
import { uncached } from "../../storage/prepared.ts";
import { accountColumns, type AccountName, type StoredAccount } from "../accounts/access.ts";
import { getAccount } from "../accounts/get.ts";
import { allAccountsQuery } from "../accounts/list-queries.ts";
import { type ExpectedVersions, writeAccount } from "../accounts/update.ts";
import { queryAsCaller } from "../caller/caller.ts";
import { callerConditions } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { changedFields } from "../changed-fields.ts";
import { enqueueJob } from "../jobs.ts";
import { pushLimit } from "../usage/sync-limit.ts";

/** An account as the operator sees it. */
export type ManagedAccount = StoredAccount & { readonly zoneSlug: string | null };

/** One page and where the next begins. */
export interface ManagedPage<Row> {
  readonly items: readonly Row[];
  readonly next: PageLink | undefined;
}

const columns = {
  ...accountColumns,
  zoneSlug: sql<string | null>`(select zones.slug from zones where zones.id = accounts.zone_id)`.as(
    "zone_slug",
  ),
};

/** A page of all accounts, by title, or of those a search finds, by id. One round trip. */
export async function listManagedAccounts(
  ctx: Context,
  search: string | undefined,
  request: PageRequest,
): Promise<ManagedPage<ManagedAccount>> {
  const terms = searchTerms(search ?? "");
  const scope = { queries: new QueryBuilder(), asker: callerConditions(ctx) };
  const every = allAccountsQuery<ManagedAccount>(scope, columns, {}, terms, pageWindow(request));
  const [, rows] = await queryAsCaller(ctx, uncached(ctx.db, every.rows));
  const page = makePage(request, rows, 0, (row) => (terms.length > 0 ? [row.id] : [row.titleKey, row.id]));
  return { items: page?.rows ?? [], next: page?.next };
}

/** What an operator sets on an account; a key left out stays. */
export interface AccountSettings {
  readonly type?: Plan | undefined;
  /** The account's own limits; null: back to the plan's. */
  readonly maxUsers?: number | null | undefined;
  readonly maxKnowledgeBoxes?: number | null | undefined;
  readonly usageLimit?: number | null | undefined;
  /** A part left out stays. */
  readonly limits?: Partial<AccountLimits> | null | undefined;
  readonly usageEnforcement?: UsageEnforcement | undefined;
  /** Epoch milliseconds; null: no end. */
  readonly trialExpiresAt?: number | null | undefined;
  readonly idpRoute?: string | null | undefined;
}

/**
 * Sets what an account may use. With a plan that is no trial the trial ends, and a block for an
 * expired trial ends with the trial, or with a later end of it. Throws `account_not_found` and
 * `version_mismatch`. Two round trips; one when nothing changes.
 */
export async function updateManagedAccount(
  ctx: Context,
  which: AccountName,
  { limits, ...settings }: AccountSettings,
  expected: ExpectedVersions | undefined,
): Promise<ManagedAccount> {
  const access = await getAccount(ctx, which);
  const { account } = access;
  const plan = settings.type ?? account.type;
  const trialExpiresAt =
    settings.trialExpiresAt !== undefined || plan === account.type
      ? settings.trialExpiresAt
      : planLimits[plan].trialDays === null
        ? null
        : (account.trialExpiresAt ?? trialEnd(plan, ctx.now));
  const goesOn = trialExpiresAt !== undefined && (trialExpiresAt === null || trialExpiresAt > ctx.now);
  const freed: BlockingState | undefined =
    account.blockingState === "trial_expired" && goesOn ? "unblocked" : undefined;
  const wanted = {
    ...settings,
    trialExpiresAt,
    blockingState: freed,
    limits: mergedLimits(account.limits, limits),
  };
  const written = await writeAccount(ctx, access, changedFields(account, wanted), expected);
  const limit = effectiveUsageLimit(written.account);
  if (limit !== effectiveUsageLimit(account)) {
    // What is told now may get lost, or arrive behind what a later change tells: the job tells what is
    // stored a second later. Increments bring the limit they were admitted under in any case.
    ctx.defer(pushLimit(ctx, written.account, limit).catch(() => undefined));
    ctx.defer(enqueueJob(ctx.jobs, { kind: "tell-limit", accountUuid: account.uuid }));
  }
  return written.account;
}

/** Whether an account is blocked, and which of its features are; a key left out stays. */
export interface Block {
  /** Never `quota`, which only usage sets. */
  readonly blockingState?: Exclude<BlockingState, "quota"> | undefined;
  readonly blockedFeatures?: readonly BlockedFeature[] | undefined;
}

/**
 * Blocks or unblocks an account. Unblocked after its trial, it is on trial no longer. Throws
 * `account_not_found` and `version_mismatch`. Two round trips; one when nothing changes.
 */
export async function blockAccount(
  ctx: Context,
  which: AccountName,
  { blockingState, blockedFeatures }: Block,
  expected: ExpectedVersions | undefined,
): Promise<ManagedAccount> {
  const access = await getAccount(ctx, which);
  const { trialExpiresAt } = access.account;
  const over = trialExpiresAt !== null && trialExpiresAt <= ctx.now;
  const wanted = {
    blockingState,
    blockedFeatures: blockedFeatures === undefined ? undefined : [...new Set(blockedFeatures)],
    trialExpiresAt: blockingState === "unblocked" && over ? null : undefined,
  };
  const written = await writeAccount(ctx, access, changedFields(access.account, wanted), expected);
  return written.account;
}

function mergedLimits(
  present: AccountLimits | null,
  wanted: Partial<AccountLimits> | null | undefined,
): AccountLimits | null | undefined {
  if (wanted === null || wanted === undefined) return wanted;
  const { upload = present?.upload ?? null, usage = present?.usage ?? null } = wanted;
  return upload === null && usage === null ? null : { upload, usage };
}
