/** The authorization matrix: what each operation answers to each kind of caller, as the contract says. */
import type { OperationId } from "../../../src/domain/permissions.ts";
import type { CallerKind } from "../../support/callers.ts";
import type { ApiResponse, Caller, TestAccount } from "../../support/fixtures.ts";

/** The status for callers without valid credentials and for each kind of caller. */
export type Statuses = Readonly<Record<CallerKind | "unauthenticated", number>>;

/** Error bodies by status; a function if the body depends on the kind of caller. */
export type ErrorBodies = Readonly<Record<number, unknown>>;

export interface AuthorizationRow {
  readonly id: OperationId;
  /** What the request is about, for rows after an operation's first one. */
  readonly about?: string;
  readonly statuses: Statuses;
  /** Sends the operation's request about an account. Creates whatever else it needs. */
  readonly send: (caller: Caller, of: TestAccount) => Promise<ApiResponse>;
  /** Bodies that differ from the API's usual ones, by status. */
  readonly errors?: ErrorBodies;
  /** Whether the operation answers 403 to personal access tokens. */
  readonly refusesAccessTokens?: true;
}

export const readers = ["member", "owner", "support", "administrator", "operator", "blockedOwner"] as const;
export const members = ["member", "owner", "administrator", "operator"] as const;
export const membersEvenIfBlocked = [...members, "blockedOwner"] as const;
export const owners = ["owner", "administrator", "operator"] as const;
export const ownersEvenIfBlocked = [...owners, "blockedOwner"] as const;
export const ownersAndSupport = [...ownersEvenIfBlocked, "support"] as const;

/** Answers `done` to some kinds of callers, `hidden` to those who may not see the account, and 403 to the others. */
export function allow(done: number, hidden: 403 | 404, kinds: readonly CallerKind[]): Statuses {
  const allowed = Object.fromEntries(kinds.map((kind) => [kind, done]));
  return { ...everyone(403), outsider: hidden, otherOwner: hidden, ...allowed };
}

/** Answers the same to every caller with valid credentials. */
export function everyone(status: number): Statuses {
  return { ...open(status), unauthenticated: 401 };
}

/** Answers the same with and without credentials. */
export function open(status: number): Statuses {
  return {
    unauthenticated: status,
    outsider: status,
    member: status,
    owner: status,
    otherOwner: status,
    support: status,
    administrator: status,
    operator: status,
    blockedOwner: status,
  };
}

/** Answers 403 to every caller but the operator, whatever their role. */
export function operatorOnly(status: number): Statuses {
  return { ...everyone(403), operator: status };
}
