/** What is done by invitations, and how the model says it ends. */
import { inviteToken } from "../organizations/invitations.ts";
import { row } from "../storage/rows.ts";
import { accountPath } from "./account-moves.ts";
import {
  hasMemberSeat,
  hasSeat,
  outcome,
  pendingOf,
  reaches,
  receivedBy,
  roleOf,
  statusOf,
  type Account,
  type Invite,
  type State,
  type User,
} from "./model.ts";
import { fresh, noteDone, pick, type Move, type Plan } from "./plan.ts";

/** Invites a user's address, or one that is nobody's; it may be invited already, which renews it on one face. */
const invite: Move = (state, { user }, { on, whom, role, yes, organizations }) => {
  const [account, other] = [pick(state.accounts, on), yes ? pick(state.users, whom) : undefined];
  if (account === undefined) return undefined;
  const address = other?.email ?? `${account.mark}.${fresh(state)}@example.com`;
  const pending = pendingOf(account).find((one) => one.address === address);
  const isMember = other !== undefined && roleOf(other, account) !== undefined;
  const ended = outcome(user, account, "invite");
  const reached = reaches(user, account, role);
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
    noteDone(account, user, "invite.created", ...(other === undefined ? [] : [other]));
  };
  if (organizations) {
    const taken = pending !== undefined || isMember || !hasSeat(account);
    return {
      method: "POST",
      path: `/accounts/invite/?organization=${account.id}`,
      body: { invitee_identifier: address, role },
      status: statusOf("organizations", ended, !reached ? 403 : taken ? 400 : 201),
      does: ({ body }) => add(body.uuid),
    };
  }
  if (pending !== undefined && isOld(pending)) return undefined;
  const renewed = pending !== undefined && reaches(user, account, pending.role) ? 200 : 403;
  const made = hasSeat(account) ? 200 : 409;
  const done = isMember ? 409 : pending === undefined ? made : renewed;
  return {
    method: "POST",
    path: `${accountPath(account)}/invite`,
    body: { email: address, role },
    status: statusOf("accounts", ended, reached ? done : 403),
    does: async () => {
      if (pending === undefined) return add(await storedInvite(account, address));
      // Within a minute of the mail only the role changes.
      if (pending.role !== role) noteDone(account, user, "invite.renewed");
      pending.role = role;
    },
  };
};

/** Accepts an invitation by its id, or by its secret: one to oneself more often than any other. */
const accept: Move = async (state, { user }, { on, whom, yes }) => {
  const own = on % 2 === 0 ? pick(receivedBy(state, user), whom) : undefined;
  const found = own ?? anInvite(state, on, whom);
  if (found === undefined) return undefined;
  const { account, uuid } = found;
  const again = found.state === "accepted" && found.acceptedBy === user;
  return {
    method: "POST",
    path: yes ? "/api/v1/invites/accept" : `/api/v1/user/invites/${uuid}/accept`,
    body: yes ? { token: await inviteToken(uuid) } : undefined,
    status: accepting(user, found, yes),
    shows: ({ body }) => body,
    is: { account: { id: account.id, slug: account.slug } },
    names: account,
    does: () => {
      if (again) return;
      Object.assign(found, { state: "accepted", acceptedBy: user });
      if (roleOf(user, account) !== "AOWNER") account.members.set(user, found.role);
      noteDone(account, user, "invite.accepted");
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

const revoke: Move = (state, { user }, { on, whom, organizations }) => {
  const found = anInvite(state, on, whom);
  if (found === undefined) return undefined;
  const { account, address, role } = found;
  const done = reaches(user, account, role) ? 204 : 403;
  const asked: Pick<Plan, "path" | "status"> = organizations
    ? { path: invitationPath(found), status: toInvitation(user, found, done) }
    : {
        path: `/api/v1/account/${account.id}/invite/${address}`,
        status: byAddress(user, account, address),
      };
  const gone = organizations ? found : pendingOf(account).find((one) => one.address === address);
  return {
    ...asked,
    method: "DELETE",
    does: () => {
      if (gone !== undefined) gone.state = "revoked";
      noteDone(account, user, "invite.revoked");
    },
  };
};

/** How it ends when the pending invitation of an address is taken back. */
function byAddress(user: User, account: Account, address: string): number {
  const pending = pendingOf(account).find((one) => one.address === address);
  const done = pending === undefined ? 404 : reaches(user, account, pending.role) ? 204 : 403;
  return statusOf("accounts", outcome(user, account, "invite"), done);
}

/** Sends an invitation once more, which is too soon for every one of these. */
const resend: Move = (state, { user }, { on, whom }) => {
  const found = anInvite(state, on, whom);
  if (found === undefined || isOld(found)) return undefined;
  const done = reaches(user, found.account, found.role) ? 429 : 403;
  return { method: "POST", path: invitationPath(found), status: toInvitation(user, found, done) };
};

export const inviteMoves = { invite, accept, revoke, resend };

/** Whether an invitation may be due to be sent again: the minute is the service's, and here it is never asked about. */
function isOld({ sentAt }: Invite): boolean {
  return Date.now() - sentAt > 30_000;
}

/** An invitation to an account: a pending one more often than one that has ended. */
function anInvite({ accounts }: State, on: number, at: number): Invite | undefined {
  const account = pick(accounts, on);
  if (account === undefined) return undefined;
  const pending = at % 4 === 0 ? undefined : pick(pendingOf(account), at);
  return pending ?? pick(account.invites, at);
}

/** All invitations there ever were. */
export function invitesOf({ accounts }: State): Invite[] {
  return accounts.flatMap(({ invites }) => invites);
}

export function invitationPath({ uuid }: Invite): string {
  return `/accounts/invite/${uuid}/`;
}

/** How it ends when something is done to an invitation named by its id, where only a pending one is found. */
function toInvitation(user: User, { account, state }: Invite, done: number): number {
  if (state !== "pending" || !account.there) return 404;
  return statusOf("organizations", outcome(user, account, "invite"), done);
}

/** The id of an address's invitation, which one face does not tell. */
async function storedInvite(account: Account, address: string): Promise<string> {
  const found = await row(
    "SELECT uuid FROM invites WHERE email = ? AND state = 'pending' AND account_id = (SELECT id FROM accounts WHERE uuid = ?)",
    address,
    account.id,
  );
  return String(found?.["uuid"]);
}
