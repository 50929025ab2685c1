import { type AccountRole, accountRoles } from "./account.ts";

/** How long an invitation can be accepted after it was sent, in milliseconds. */
export const invitationLifetime = 7 * 24 * 60 * 60 * 1000;

/** How many mails of invitations an account sends in an hour, which begins with the first. */
export const maxInvitationsPerHour = 200;
export const invitationQuotaWindow = 60 * 60 * 1000;

/** How many mails of invitations an address is sent on a day (UTC), whichever accounts they are from. */
export const maxMailsPerDay = 20;

/** How long an invitation is kept after its end, in milliseconds. */
export const invitationRetention = 90 * 24 * 60 * 60 * 1000;

/**
 * How long the queue has before it is asked for a mail again, in milliseconds: at first longer than
 * its own retries take, then as long as the invitation is old, up to the longest.
 */
export const initialRetryDelay = 10 * 60 * 1000;
export const maxRetryDelay = 6 * 60 * 60 * 1000;

/** The least time between two mails of one invitation, in milliseconds. */
const resendStep = 60 * 1000;

/** The roles as high as this one: nobody offers, renews or takes back a role above their own. */
export function rolesAtLeast(role: AccountRole): AccountRole[] {
  // The roles are listed from the highest down.
  return accountRoles.slice(0, accountRoles.indexOf(role) + 1);
}

/** Seconds, 1 to 60, until an invitation may be sent again; 0 when it may be now. */
export function secondsUntilResend(sentAt: number, now: number): number {
  // Of requests at once one can have been sent "after" now.
  return Math.max(0, Math.ceil((Math.min(sentAt, now) + resendStep - now) / 1000));
}
