import { type AccountRole, accountRoles } from "./account.ts";

/** How long an invitation is valid after it was sent, in milliseconds. */
export const invitationLifetime = 7 * 24 * 60 * 60 * 1000;

/** How many invitation mails an account can send per window, which starts with the first mail. */
export const maxInvitationsPerHour = 200;
/** In milliseconds. */
export const invitationQuotaWindow = 60 * 60 * 1000;

/** How many invitation mails an address receives per day (UTC), from all accounts together. */
export const maxMailsPerDay = 20;

/** How long an invitation is stored after it has expired, in milliseconds. */
export const invitationRetention = 90 * 24 * 60 * 60 * 1000;

/**
 * Milliseconds until an unsent mail is queued again: first longer than the queue's own retries take,
 * then as long as the invitation is old, up to the maximum.
 */
export const initialRetryDelay = 10 * 60 * 1000;
export const maxRetryDelay = 6 * 60 * 60 * 1000;

/** Minimum time between two mails of one invitation, in milliseconds. */
const resendInterval = 60 * 1000;

/** Returns the role and all higher ones. Nobody can invite with a role above their own, or renew or revoke such an invitation. */
export function rolesAtLeast(role: AccountRole): AccountRole[] {
  // The roles are listed from the highest to the lowest.
  return accountRoles.slice(0, accountRoles.indexOf(role) + 1);
}

/** Returns the seconds, 1 to 60, until an invitation can be sent again; 0 if it can be sent now. */
export function secondsUntilResend(sentAt: number, now: number): number {
  // `sentAt` of a concurrent request can be later than `now`.
  return Math.max(0, Math.ceil((Math.min(sentAt, now) + resendInterval - now) / 1000));
}
