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

/** What a plan allows; null means without limit. */
export interface PlanLimits {
  /** Usage in one calendar month (UTC). */
  readonly monthlyUsage: number | null;
  /** Members and pending invitations together. */
  readonly maxUsers: number | null;
  readonly maxKnowledgeBoxes: number | null;
  /** Days from the account's creation to the end of the trial; null for plans that are no trial. */
  readonly trialDays: number | null;
}

const growing: PlanLimits = {
  monthlyUsage: 1_000_000,
  maxUsers: 50,
  maxKnowledgeBoxes: 20,
  trialDays: null,
};
const starting: PlanLimits = { monthlyUsage: 100_000, maxUsers: 10, maxKnowledgeBoxes: 5, trialDays: null };
const unlimited: PlanLimits = {
  monthlyUsage: null,
  maxUsers: null,
  maxKnowledgeBoxes: null,
  trialDays: null,
};

/** What each plan allows, before an operator's overrides. */
export const planLimits = {
  "stash-trial": { monthlyUsage: 10_000, maxUsers: 10, maxKnowledgeBoxes: 1, trialDays: 14 },
  v3starter: starting,
  v3fly: starting,
  v3growth: growing,
  v3pro: growing,
  v3enterprise: unlimited,
  cowork: unlimited,
} as const satisfies Record<Plan, PlanLimits>;

const dayLength = 24 * 60 * 60 * 1000;

/** When a trial that begins at `start` ends, in epoch milliseconds; null for a plan that is no trial. */
export function trialEnd(plan: Plan, start: number): number | null {
  const { trialDays } = planLimits[plan];
  return trialDays === null ? null : start + trialDays * dayLength;
}

/** Usage an account may have in one calendar month: an operator's override, else its plan's; null for no limit. */
export function effectiveUsageLimit({
  type,
  usageLimit,
}: {
  readonly type: Plan;
  readonly usageLimit: number | null;
}): number | null {
  return usageLimit ?? planLimits[type].monthlyUsage;
}
