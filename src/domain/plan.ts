/** The plans an account can be on (`type` on the wire). */
export const plans = [
  "stash-trial",
  "v3starter",
  "v3fly",
  "v3growth",
  "v3pro",
  "v3enterprise",
  "cowork",
] as const;
export type Plan = (typeof plans)[number];

/** The limits of a plan; null means unlimited. */
export interface PlanLimits {
  /** Usage in one calendar month (UTC). */
  readonly monthlyUsage: number | null;
  /** Members and pending invitations together. */
  readonly maxUsers: number | null;
  readonly maxKnowledgeBoxes: number | null;
  /** Days from the account's creation to the end of the trial; null if the plan is not a trial. */
  readonly trialDays: number | null;
}

const growthLimits: PlanLimits = {
  monthlyUsage: 1_000_000,
  maxUsers: 50,
  maxKnowledgeBoxes: 20,
  trialDays: null,
};
const starterLimits: PlanLimits = {
  monthlyUsage: 100_000,
  maxUsers: 10,
  maxKnowledgeBoxes: 5,
  trialDays: null,
};
const unlimited: PlanLimits = {
  monthlyUsage: null,
  maxUsers: null,
  maxKnowledgeBoxes: null,
  trialDays: null,
};

/** The limits of each plan, before an operator's overrides. */
export const planLimits = {
  "stash-trial": { monthlyUsage: 10_000, maxUsers: 10, maxKnowledgeBoxes: 1, trialDays: 14 },
  v3starter: starterLimits,
  v3fly: starterLimits,
  v3growth: growthLimits,
  v3pro: growthLimits,
  v3enterprise: unlimited,
  cowork: unlimited,
} as const satisfies Record<Plan, PlanLimits>;

const day = 24 * 60 * 60 * 1000;

/** Returns when a trial that starts at `start` ends, in epoch milliseconds; null if the plan is not a trial. */
export function trialEnd(plan: Plan, start: number): number | null {
  const { trialDays } = planLimits[plan];
  return trialDays === null ? null : start + trialDays * day;
}

/** Returns the usage limit of an account per calendar month: the operator's override or the plan's limit; null means unlimited. */
export function effectiveUsageLimit({
  type,
  usageLimit,
}: {
  readonly type: Plan;
  readonly usageLimit: number | null;
}): number | null {
  return usageLimit ?? planLimits[type].monthlyUsage;
}

/** The names of an account's upload limits, in bytes. */
export const uploadLimits = [
  "upload_limit_max_media_file_size",
  "upload_limit_max_non_media_file_size",
] as const;

/** The names of an account's usage limits: counts per month, except for the two storage limits. */
export const usageLimits = [
  "monthly_limit_paragraphs_processed",
  "monthly_limit_docs_no_media_processed",
  "monthly_limit_media_seconds_processed",
  "monthly_limit_paragraphs_stored",
  "monthly_limit_hosted_searches_performed",
  "monthly_limit_hosted_answers_generated",
  "monthly_limit_self_hosted_searches_performed",
  "monthly_limit_self_hosted_answers_generated",
  "storage_limit_max_bytes_per_kb",
  "storage_limit_max_resources_per_kb",
] as const;

type Limits<Name extends string> = { readonly [Key in Name]: number | null };

/** The limits that an operator has set on an account, which its members can read; null if not set. */
export interface AccountLimits {
  readonly upload: Limits<(typeof uploadLimits)[number]> | null;
  readonly usage: Limits<(typeof usageLimits)[number]> | null;
}
