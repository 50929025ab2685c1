/**
 * Who may do and see what, told once more and on its own: a few tenants and users in memory, and the
 * rules as the contract has them. Nothing here comes from the service, so that both cannot be wrong alike.
 */

export type Role = "AOWNER" | "AMEMBER";
export type Api = "organizations" | "accounts";

export interface Token {
  readonly id: string;
  readonly token: string;
  good: boolean;
}

export interface User {
  /** Stands in all that is stored of the user. */
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
  /** Stands in all that is stored of the account. */
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
  /** What stands in its logo. */
  logo: string | undefined;
  /** What was done to it, the latest first. */
  readonly history: { readonly action: string; readonly actor: string }[];
  /** Whom its history names. */
  readonly named: Set<User>;
}

export interface State {
  /** Stands in every mark of this state, and in none of another. */
  readonly sign: string;
  readonly users: User[];
  readonly accounts: Account[];
  /** How many things were named. */
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
/** What is done to an account. */
export type Action = (typeof onAccounts)[number];
/** What is done to the whole platform. */
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

/** Whether a user may do something on every account, or to the whole platform. */
export function mayGlobally(user: User, deed: Action | Power): boolean {
  return user.operator || user.groups.some((group) => ofGroups[group]?.includes(deed) === true);
}

export function roleOf(user: User, account: Account): Role | undefined {
  return account.there ? account.members.get(user) : undefined;
}

export type Outcome = "done" | "unseen" | "missing" | "forbidden" | "blocked";

/** How it ends when a user who is someone does something to an account. */
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

/** The status of an outcome; `done` where it is done. */
export function statusOf(face: Api, ended: Outcome, done: number): number {
  return ended === "done" ? done : statuses[face][ended];
}

/** Nobody gives or takes a role above their own. */
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

/** The accounts that would be left without an active owner. */
export function solelyOwned(state: State, user: User): Account[] {
  return accountsOf(state, user, "AOWNER").filter(({ members }) =>
    [...members].every(([other, role]) => other === user || role !== "AOWNER" || !other.active),
  );
}

/** Whether a user stands alone between an account and having no active owner. */
export function isLastOwner(state: State, user: User, account?: Account): boolean {
  const left = solelyOwned(state, user);
  return user.active && (account === undefined ? left.length > 0 : left.includes(account));
}

export function pendingOf({ there, invites }: Account): Invite[] {
  return there ? invites.filter(({ state }) => state === "pending") : [];
}

/** The pending invitations to a user's address. */
export function receivedBy({ accounts }: State, user: User): Invite[] {
  return accounts.flatMap(pendingOf).filter(({ address }) => address === user.email);
}

/** How many seats every account is given, members and invitations together: few, so that they are taken. */
export const maxSeats = 6;

export function hasSeat(account: Account): boolean {
  return account.members.size + pendingOf(account).length < maxSeats;
}

/** The seat of the invitation becomes the member's. */
export function hasMemberSeat({ members }: Account): boolean {
  return members.size < maxSeats;
}
