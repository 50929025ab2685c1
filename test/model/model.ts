/**
 * The rules of who may do and see what, with a few tenants and users in memory. They follow the contract and use no
 * code of the service, so that both cannot have the same error.
 */

export type Role = "AOWNER" | "AMEMBER";
export type Api = "organizations" | "accounts";

export interface Token {
  readonly id: string;
  readonly token: string;
  good: boolean;
}

export interface User {
  /** Part of every stored text of the user. */
  readonly mark: string;
  readonly uuid: string;
  readonly email: string;
  readonly operator: boolean;
  signedIn: boolean;
  active: boolean;
  there: boolean;
  groups: readonly number[];
  readonly tokens: Token[];
}

export interface Invite {
  readonly uuid: string;
  readonly account: Account;
  readonly address: string;
  readonly inviter: User;
  readonly sentAt: number;
  role: Role;
  state: "pending" | "accepted" | "revoked";
  acceptedBy?: User;
}

export interface Account {
  /** Part of every stored text of the account. */
  readonly mark: string;
  readonly id: string;
  slug: string;
  title: string;
  there: boolean;
  blocked: boolean;
  saml: boolean;
  readonly members: Map<User, Role>;
  readonly invites: Invite[];
  usage: number;
  events: number;
  /** The content of its logo. */
  logo: string | undefined;
  /** Its changes, newest first. */
  readonly history: { readonly action: string; readonly actor: string }[];
  /** The users in its audit log. */
  readonly named: Set<User>;
}

export interface State {
  /** Part of every mark of this state and of no other state. */
  readonly sign: string;
  readonly users: User[];
  readonly accounts: Account[];
  /** Counter for unique names. */
  things: number;
}

const onAccounts = [
  "see",
  "change",
  "erase",
  "listMembers",
  "searchMembers",
  "changeMembers",
  "seeInvites",
  "invite",
  "seeUsage",
  "count",
  "seeLogo",
  "setLogo",
  "seeHistory",
  "seeSaml",
] as const;
const onAll = ["readUsers", "writeUsers", "assign", "readAnalysts", "askLogin"] as const;
/** An action on an account. */
export type Action = (typeof onAccounts)[number];
/** An action on the whole service. */
type Power = (typeof onAll)[number];

const ofMembers: readonly Action[] = ["see", "searchMembers", "seeInvites", "invite", "seeUsage", "seeLogo"];
const ofGroups: Readonly<Record<number, readonly (Action | Power)[]>> = {
  1: [...onAccounts, ...onAll],
  2: ["see", "seeUsage", "count"],
  3: [
    "see",
    "listMembers",
    "seeInvites",
    "seeUsage",
    "seeLogo",
    "seeHistory",
    "seeSaml",
    "readUsers",
    "readAnalysts",
    "askLogin",
  ],
};
const refusedWhenBlocked: readonly Action[] = ["change", "changeMembers", "invite", "count", "setLogo"];

/** Returns whether a user may do something in every account or in the whole service. */
export function mayGlobally(user: User, deed: Action | Power): boolean {
  return user.operator || user.groups.some((group) => ofGroups[group]?.includes(deed) === true);
}

export function roleOf(user: User, account: Account): Role | undefined {
  return account.there ? account.members.get(user) : undefined;
}

export type Outcome = "done" | "unseen" | "missing" | "forbidden" | "blocked";

/** Returns the outcome of a user's action on an account. */
export function outcome(user: User, account: Account, deed: Action): Outcome {
  const seesAll = mayGlobally(user, "see");
  if (!account.there) return seesAll ? "missing" : "unseen";
  const role = roleOf(user, account);
  const byRole = role === "AOWNER" || (role === "AMEMBER" && ofMembers.includes(deed));
  if (!byRole && !mayGlobally(user, deed)) return role !== undefined || seesAll ? "forbidden" : "unseen";
  return account.blocked && refusedWhenBlocked.includes(deed) && !user.operator ? "blocked" : "done";
}

export function may(user: User, account: Account, deed: Action): boolean {
  return outcome(user, account, deed) === "done";
}

const statuses: Readonly<Record<Api, Readonly<Record<Exclude<Outcome, "done">, number>>>> = {
  organizations: { unseen: 404, missing: 404, forbidden: 403, blocked: 403 },
  accounts: { unseen: 403, missing: 404, forbidden: 403, blocked: 403 },
};

/** Returns the status of an outcome. `done` is the status of a success. */
export function statusOf(api: Api, ended: Outcome, done: number): number {
  return ended === "done" ? done : statuses[api][ended];
}

/** Returns whether a user may give or take a role: never one above their own. */
export function mayGrantRole(user: User, account: Account, role: Role): boolean {
  return role === "AMEMBER" || roleOf(user, account) === "AOWNER" || mayGlobally(user, "invite");
}

export function isActive(user: User): boolean {
  return user.there && user.active;
}

export function accountsOf({ accounts }: State, user: User, role?: Role): Account[] {
  return accounts.filter((account) => {
    const has = roleOf(user, account);
    return has !== undefined && (role === undefined || has === role);
  });
}

/** Returns the accounts whose only active owner is the user. */
export function solelyOwned(state: State, user: User): Account[] {
  return accountsOf(state, user, "AOWNER").filter(({ members }) =>
    [...members].every(([other, role]) => other === user || role !== "AOWNER" || !other.active),
  );
}

/** Returns whether the user is the only active owner of the account, or of any account. */
export function isLastOwner(state: State, user: User, account?: Account): boolean {
  const left = solelyOwned(state, user);
  return user.active && (account === undefined ? left.length > 0 : left.includes(account));
}

export function pendingOf({ there, invites }: Account): Invite[] {
  return there ? invites.filter(({ state }) => state === "pending") : [];
}

/** Returns the pending invitations to a user's address. */
export function receivedBy({ accounts }: State, user: User): Invite[] {
  return accounts.flatMap(pendingOf).filter(({ address }) => address === user.email);
}

/** Seats of every account, for members and invitations together. Few, so that scenarios reach the limit. */
export const maxSeats = 6;

export function hasSeat(account: Account): boolean {
  return account.members.size + pendingOf(account).length < maxSeats;
}

/** Returns whether an invitation can be accepted: its seat becomes the member's. */
export function hasMemberSeat({ members }: Account): boolean {
  return members.size < maxSeats;
}
