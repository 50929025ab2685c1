import type { Mailbox } from "./email.ts";
import type { Operators } from "./operators.ts";
import type { Plan } from "./plan.ts";

/** What the operator of a service decides about it, as far as use cases need it. */
export interface Settings {
  /** The address clients reach the service at, without a slash at the end. */
  readonly publicUrl: string;
  /** The plan of a new account. */
  readonly defaultPlan: Plan;
  /** Where a user is sent to sign in when no organization can be told from the address. */
  readonly loginManualEntryRoute: string;
  /** How many accounts one user may own; undefined for any number. */
  readonly maxOwnedAccounts: number | undefined;
  readonly operators: Operators;
  /** The key under which the secrets of invitations are made. */
  readonly inviteSecret: string;
  /** Whom mails are from; undefined: none is sent. */
  readonly mailFrom: Mailbox | undefined;
  /** Where the page of an invitation sends its reader to sign in; undefined where it cannot. */
  readonly signInUrl: string | undefined;
  /** Whether there is a limit to how many invitations an account sends and an address is sent. */
  readonly limitsInvites: boolean;
  /** How many days back recorded events are taken. */
  readonly eventWindowDays: number;
}
