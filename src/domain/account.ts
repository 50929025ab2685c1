import { parseUuid } from "./uuid.ts";

export const accountRoles = ["AOWNER", "AMEMBER"] as const;
export type AccountRole = (typeof accountRoles)[number];

/** `quota` is derived from the counted usage and is never stored or set. */
export const blockingStates = [
  "unblocked",
  "quota",
  "manager",
  "trial_expired",
  "budget",
  "subscription_canceled",
  "subscription_unpaid",
] as const;
export type BlockingState = (typeof blockingStates)[number];

/** The states an operator may set. */
export const settableBlockingStates = blockingStates.filter((state) => state !== "quota");

export const blockedFeatures = [
  "upload",
  "processing",
  "search",
  "generative",
  "training",
  "public_upload",
  "public_processing",
  "public_search",
  "public_generative",
] as const;
export type BlockedFeature = (typeof blockedFeatures)[number];

export const usageEnforcements = ["refuse", "allow"] as const;
export type UsageEnforcement = (typeof usageEnforcements)[number];

export const invitationStates = ["pending", "accepted", "revoked"] as const;

/** Maximum length of title and slug, in code points. */
export const titleLength = 200;
export const slugLength = 200;
/** Maximum length of a description, in code points, so that the row of an account stays small. */
export const descriptionLength = 10_000;

/** Words that are or may become paths next to `/account/{slug}`, or host names of a product. */
const reservedSlugs = new Set(
  (
    "account accounts admin api docs healthz invite invites login logout manage me new openapi portal " +
    "readyz root settings signup static status support system usage user users www zone zones"
  ).split(" "),
);

/** Returns the form in which slugs are stored and looked up. */
export function slugKey(slug: string): string {
  return slug.toLowerCase();
}

/** Whether a slug cannot be used: it is a reserved word or parses as a UUID. */
export function isReservedSlug(slug: string): boolean {
  return reservedSlugs.has(slugKey(slug)) || parseUuid(slug) !== undefined;
}

/** Returns the state of an account at `now`: the stored one, or `quota` if it is otherwise unblocked and its quota is used up. */
export function blockingStateAt(
  stored: BlockingState,
  quotaUntil: number | null,
  now: number,
): BlockingState {
  return stored === "unblocked" && quotaUntil !== null && quotaUntil > now ? "quota" : stored;
}

/** Whether an account in this state is read-only. */
export function isBlocked(state: BlockingState): boolean {
  return state !== "unblocked" && state !== "quota";
}
