/** Commands about invitations, and their expected results. */
import { queryRow } from "../support/database.ts";
import { invitationToken } from "../support/invitations.ts";
import { accountPath } from "./account-commands.ts";
import { addHistory, type Command, type ExpectedRequest, nextNumber, pick } from "./command.ts";
import {
  type Account,
  hasMemberSeat,
  hasSeat,
  type Invite,
  mayGrantRole,
  outcome,
  pendingOf,
  receivedBy,
  roleOf,
  type State,
  statusOf,
  type User,
} from "./model.ts";

/** Invites a user's address or an unused one. An invited address is invited again, which the accounts API allows. */
const invite: Command = (state, { user }, { on, whom, role, yes, organizations }) => {
  const [account, other] = [pick(state.accounts, on), yes ? pick(state.users, whom) : undefined];
  if (account === undefined) return undefined;
  const address = other?.email ?? `${account.mark}.${nextNumber(state)}@example.com`;
  const pending = pendingOf(account).find((one) => one.address === address);
  const isMember = other !== undefined && roleOf(other, account) !== undefined;
  const ended = outcome(user, account, "invite");
  const reached = mayGrantRole(user, account, role);
  const add = (uuid: string) => {
    const made: Invite = {
      uuid,
      account,
      address,
      inviter: user,
      sentAt: Date.now(),
      role,
      state: "pending",
    };
    account.invites.push(made);
    addHistory(account, user, "invite.created", ...(other === undefined ? [] : [other]));
  };
  if (organizations) {
    const taken = pending !== undefined || isMember || !hasSeat(account);
    return {
      method: "POST",
      path: `/accounts/invite/?organization=${account.id}`,
      body: { invitee_identifier: address, role },
      status: statusOf("organizations", ended, !reached ? 403 : taken ? 400 : 201),
      apply: ({ body }) => add(body.uuid),
    };
  }
  if (pending !== undefined && isOld(pending)) return undefined;
  const renewed = pending !== undefined && mayGrantRole(user, account, pending.role) ? 200 : 403;
  const made = hasSeat(account) ? 200 : 409;
  const done = isMember ? 409 : pending === undefined ? made : renewed;
  return {
    method: "POST",
    path: `${accountPath(account)}/invite`,
    body: { email: address, role },
    status: statusOf("accounts", ended, reached ? done : 403),
    apply: async () => {
      if (pending === undefined) return add(await storedInvite(account, address));
      // Within a minute after the mail only the role changes.
      if (pending.role !== role) addHistory(account, user, "invite.renewed");
      pending.role = role;
    },
  };
};

/** Accepts an invitation by id or by secret, mostly one for the caller. */
const accept: Command = async (state, { user }, { on, whom, yes }) => {
  const own = on % 2 === 0 ? pick(receivedBy(state, user), whom) : undefined;
  const found = own ?? anInvite(state, on, whom);
  if (found === undefined) return undefined;
  const { account, uuid } = found;
  const again = found.state === "accepted" && found.acceptedBy === user;
  return {
    method: "POST",
    path: yes ? "/api/v1/invites/accept" : `/api/v1/user/invites/${uuid}/accept`,
    body: yes ? { token: await invitationToken(uuid) } : undefined,
    status: accepting(user, found, yes),
    observe: ({ body }) => body,
    expected: { account: { id: account.id, slug: account.slug } },
    names: account,
    apply: () => {
      if (again) return;
      Object.assign(found, { state: "accepted", acceptedBy: user });
      if (roleOf(user, account) !== "AOWNER") account.members.set(user, found.role);
      addHistory(account, user, "invite.accepted");
    },
  };
};

function accepting(user: User, { account, address, state, acceptedBy }: Invite, bySecret: boolean): number {
  if (!account.there) return 404;
  if (state === "accepted" && acceptedBy === user) return 200;
  if (state !== "pending") return 404;
  if (!bySecret && address !== user.email) return 403;
  if (account.blocked && !user.operator) return 403;
  return roleOf(user, account) !== undefined || hasMemberSeat(account) ? 200 : 409;
}

const revoke: Command = (state, { user }, { on, whom, organizations }) => {
  const found = anInvite(state, on, whom);
  if (found === undefined) return undefined;
  const { account, address, role } = found;
  const done = mayGrantRole(user, account, role) ? 204 : 403;
  const asked: Pick<ExpectedRequest, "path" | "status"> = organizations
    ? { path: invitationPath(found), status: toInvitation(user, found, done) }
    : {
        path: `/api/v1/account/${account.id}/invite/${address}`,
        status: byAddress(user, account, address),
      };
  const gone = organizations ? found : pendingOf(account).find((one) => one.address === address);
  return {
    ...asked,
    method: "DELETE",
    apply: () => {
      if (gone !== undefined) gone.state = "revoked";
      addHistory(account, user, "invite.revoked");
    },
  };
};

/** Returns the outcome of revoking an address's pending invitation. */
function byAddress(user: User, account: Account, address: string): number {
  const pending = pendingOf(account).find((one) => one.address === address);
  const done = pending === undefined ? 404 : mayGrantRole(user, account, pending.role) ? 204 : 403;
  return statusOf("accounts", outcome(user, account, "invite"), done);
}

/** Resends an invitation, which is always too early here. */
const resend: Command = (state, { user }, { on, whom }) => {
  const found = anInvite(state, on, whom);
  if (found === undefined || isOld(found)) return undefined;
  const done = mayGrantRole(user, found.account, found.role) ? 429 : 403;
  return { method: "POST", path: invitationPath(found), status: toInvitation(user, found, done) };
};

export const invitationCommands = { invite, accept, revoke, resend };

/** Returns whether an invitation may be old enough to be resent. Scenarios are too short for that. */
function isOld({ sentAt }: Invite): boolean {
  return Date.now() - sentAt > 30_000;
}

/** Picks an invitation of an account, mostly a pending one. */
function anInvite({ accounts }: State, on: number, at: number): Invite | undefined {
  const account = pick(accounts, on);
  if (account === undefined) return undefined;
  const pending = at % 4 === 0 ? undefined : pick(pendingOf(account), at);
  return pending ?? pick(account.invites, at);
}

/** Returns all invitations, including past ones. */
export function invitesOf({ accounts }: State): Invite[] {
  return accounts.flatMap(({ invites }) => invites);
}

export function invitationPath({ uuid }: Invite): string {
  return `/accounts/invite/${uuid}/`;
}

/** Returns the outcome of an action on an invitation by its id. Only pending ones are found. */
function toInvitation(user: User, { account, state }: Invite, done: number): number {
  if (state !== "pending" || !account.there) return 404;
  return statusOf("organizations", outcome(user, account, "invite"), done);
}

/** Returns the id of an address's invitation, which the accounts API does not return. */
async function storedInvite(account: Account, address: string): Promise<string> {
  const found = await queryRow(
    "SELECT uuid FROM invites WHERE email = ? AND state = 'pending' AND account_id = (SELECT id FROM accounts WHERE uuid = ?)",
    address,
    account.id,
  );
  return String(found?.["uuid"]);
}
