import { sql } from "drizzle-orm";
import { QueryBuilder } from "drizzle-orm/sqlite-core";

import type { BlockedFeature, BlockingState, UsageEnforcement } from "../../domain/account.ts";
import { makePage, type PageLink, type PageRequest, pageWindow } from "../../domain/pagination.ts";
import {
  type AccountLimits,
  effectiveUsageLimit,
  type Plan,
  planLimits,
  trialEnd,
} from "../../domain/plan.ts";
import { searchTerms } from "../../domain/search.ts";
import { uncached } from "../../storage/prepared.ts";
import {
  accountColumns,
  type AccountName,
  accountQuery,
  checkAccess,
  type FoundAccount,
  type StoredAccount,
} from "../accounts/access.ts";
import { accountChange, type ExpectedVersions } from "../accounts/change.ts";
import { allAccountsQuery } from "../accounts/list-queries.ts";
import { pushLimit } from "../background/sync-usage-limit.ts";
import { queryAsCaller } from "../caller/caller.ts";
import { callerConditions } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { changedFields } from "../changed-fields.ts";
import { commit } from "../commit.ts";

/** An account in the operator API. */
export type ManagedAccount = StoredAccount & { readonly zoneSlug: string | null };

/** A page and the cursor of the next one. */
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

/** Returns a page of all accounts by title, or of those that a search finds by id. One round trip. */
export async function listManagedAccounts(
  ctx: Context,
  search: string | undefined,
  request: PageRequest,
): Promise<ManagedPage<ManagedAccount>> {
  const terms = searchTerms(search ?? "");
  const scope = { queries: new QueryBuilder(), caller: callerConditions(ctx) };
  const every = allAccountsQuery<ManagedAccount>(scope, columns, {}, terms, pageWindow(request));
  const [, rows] = await queryAsCaller(ctx, uncached(ctx.db, every.rows));
  const page = makePage(request, rows, 0, (row) => (terms.length > 0 ? [row.id] : [row.titleKey, row.id]));
  return { items: page?.rows ?? [], next: page?.next };
}

/** An account's settings; omitted fields stay. */
export interface AccountSettings {
  readonly type?: Plan | undefined;
  /** The account's own limits; null restores the plan's. */
  readonly maxUsers?: number | null | undefined;
  readonly maxKnowledgeBoxes?: number | null | undefined;
  readonly usageLimit?: number | null | undefined;
  /** Omitted parts stay. */
  readonly limits?: Partial<AccountLimits> | null | undefined;
  readonly usageEnforcement?: UsageEnforcement | undefined;
  /** Epoch milliseconds; null for no end. */
  readonly trialExpiresAt?: number | null | undefined;
  readonly idpRoute?: string | null | undefined;
}

/**
 * Changes what an account may use. A plan without a trial ends the trial. A block for an expired trial ends with
 * the trial, or if the trial is extended. Throws `account_not_found` and `version_mismatch`. Two round trips; one
 * if nothing changes.
 */
export async function updateManagedAccount(
  ctx: Context,
  which: AccountName,
  { limits, ...settings }: AccountSettings,
  expected: ExpectedVersions | undefined,
): Promise<ManagedAccount> {
  const { account: updated } = await commit(ctx, [accountQuery(ctx, which)] as const, (caller, [found]) => {
    const access = checkAccess(ctx, caller, found);
    const { account } = access;
    const trialExpiresAt = trialEndAfter(account, settings, ctx.now);
    const continues = trialExpiresAt !== undefined && (trialExpiresAt === null || trialExpiresAt > ctx.now);
    const patch = {
      ...settings,
      trialExpiresAt,
      blockingState:
        account.blockingState === "trial_expired" && continues ? ("unblocked" as const) : undefined,
      limits: mergeLimits(account.limits, limits),
    };
    const change = accountChange(ctx, access, changedFields(account, patch), expected);
    if ("unchanged" in change) return change;
    const limit = effectiveUsageLimit({ ...account, ...changedFields(account, patch) });
    if (limit === effectiveUsageLimit(account)) return change;
    return {
      ...change,
      // The push may be lost or overtaken by a later one; the job then pushes what is stored. Increments bring
      // the limit that they are admitted under in any case.
      push: () => pushLimit(ctx, account, limit),
      jobs: [{ job: { kind: "sync-usage-limit", accountUuid: account.uuid } }],
    };
  });
  return updated;
}

/** The end of the trial with new settings; undefined if it does not change, null if there is no trial. */
function trialEndAfter(
  account: FoundAccount,
  { type: plan = account.type, trialExpiresAt }: Omit<AccountSettings, "limits">,
  now: number,
): number | null | undefined {
  if (trialExpiresAt !== undefined || plan === account.type) return trialExpiresAt;
  return planLimits[plan].trialDays === null ? null : (account.trialExpiresAt ?? trialEnd(plan, now));
}

/** Whether an account is blocked, and which of its features; omitted fields stay. */
export interface Block {
  /** Never `quota`, which only usage sets. */
  readonly blockingState?: Exclude<BlockingState, "quota"> | undefined;
  readonly blockedFeatures?: readonly BlockedFeature[] | undefined;
}

/**
 * Blocks or unblocks an account. Unblocking an account after its trial ends the trial. Throws
 * `account_not_found` and `version_mismatch`. Two round trips; one if nothing changes.
 */
export async function blockAccount(
  ctx: Context,
  which: AccountName,
  { blockingState, blockedFeatures }: Block,
  expected: ExpectedVersions | undefined,
): Promise<ManagedAccount> {
  const { account: updated } = await commit(ctx, [accountQuery(ctx, which)] as const, (caller, [found]) => {
    const access = checkAccess(ctx, caller, found);
    const { trialExpiresAt } = access.account;
    const trialIsOver = trialExpiresAt !== null && trialExpiresAt <= ctx.now;
    const patch = {
      blockingState,
      blockedFeatures: blockedFeatures === undefined ? undefined : [...new Set(blockedFeatures)],
      trialExpiresAt: blockingState === "unblocked" && trialIsOver ? null : undefined,
    };
    return accountChange(ctx, access, changedFields(access.account, patch), expected);
  });
  return updated;
}

function mergeLimits(
  current: AccountLimits | null,
  patch: Partial<AccountLimits> | null | undefined,
): AccountLimits | null | undefined {
  if (patch === null || patch === undefined) return patch;
  const { upload = current?.upload ?? null, usage = current?.usage ?? null } = patch;
  return upload === null && usage === null ? null : { upload, usage };
}
