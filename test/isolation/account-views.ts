/** What one account shows to whoever asks, on the accounts face and on the operator's. */
import { accountPath, logoPath } from "./account-moves.ts";
import {
  may,
  outcome,
  pendingOf,
  roleOf,
  statusOf,
  type Account,
  type Deed,
  type State,
  type User,
} from "./model.ts";
import type { Plan } from "./plan.ts";
import { sorted } from "./plan.ts";

export type View = (state: State, me: User, account: Account, other: User) => Plan;

/** The first hour that is asked for; the months of a run are behind it. */
const since = () => new Date(Date.now() - 40 * 24 * 3600 * 1000).toISOString().slice(0, 10);

const reads = (me: User, account: Account, deed: Deed) =>
  statusOf("accounts", outcome(me, account, deed), 200);

const itself: View = (_state, me, account) => ({
  path: accountPath(account),
  status: reads(me, account, "see"),
  shows: ({ body }) => [
    body.id,
    body.title,
    body.description?.includes(account.mark) ?? true,
    body.current_users,
    body.can_manage_account,
    body.blocking_state,
    [body.domain, body.saml_entity_id, body.saml_x509_cert].filter((value) => value !== null).length,
  ],
  is: [
    account.id,
    account.title,
    true,
    account.members.size,
    mayChange(me, account),
    account.blocked ? "manager" : "unblocked",
    account.saml && may(me, account, "seeSaml") ? 3 : 0,
  ],
});

const permissions: View = (_state, me, account) => ({
  path: `${accountPath(account)}/permissions?account_id=${account.id}`,
  status: reads(me, account, "see"),
  shows: ({ body }) =>
    ["account:write", "members:read", "usage:write", "audit:read"].map((name) =>
      body.permissions.includes(name),
    ),
  is: [
    mayChange(me, account),
    may(me, account, "listMembers"),
    may(me, { ...account, blocked: false }, "count"),
    may(me, account, "seeHistory"),
  ],
});

const members: View = (_state, me, account) => ({
  path: `${accountPath(account)}/users`,
  status: reads(me, account, "listMembers"),
  shows: ({ body }) => sorted(body),
  is: membersOf(account),
});

const foundMembers: View = ({ sign }, me, account) => ({
  path: `${accountPath(account)}/users/search?query=${sign}`,
  status: reads(me, account, "searchMembers"),
  shows: ({ body }) => sorted(body),
  is: membersOf(account),
});

const member: View = (_state, me, account, other) => {
  const role = roleOf(other, account);
  const done = role === undefined ? 404 : 200;
  return {
    path: `${accountPath(account)}/user/${other.uuid}`,
    status: statusOf("accounts", outcome(me, account, "searchMembers"), done),
    shows: ({ body }) => body,
    is: role === undefined ? undefined : asMember(other, role),
  };
};

const invites: View = (_state, me, account) => ({
  path: `/api/v1/account/${account.id}/invites`,
  status: reads(me, account, "seeInvites"),
  shows: ({ body }) => sorted(body.map((one: InviteBody) => [one.email, one.role])),
  is: sorted(pendingOf(account).map(({ address, role }) => [address, role])),
});

const zones: View = (_state, me, account) => ({
  path: `${accountPath(account)}/zones`,
  status: reads(me, account, "see"),
});

const usage: View = (_state, me, account) => ({
  path: `/api/v1/account/${account.id}/usage?from=${since()}`,
  status: reads(me, account, "seeUsage"),
  shows: ({ body }) =>
    ["usage", "ai_tokens_used"].map(
      (name) => body[0].metrics.find((metric: { name: string }) => metric.name === name).value,
    ),
  is: [account.usage, account.events],
});

const logo: View = (_state, me, account) => ({
  path: logoPath(account),
  status: statusOf("accounts", outcome(me, account, "seeLogo"), account.logo === undefined ? 404 : 200),
  shows: ({ text }) => text.includes(account.logo ?? ""),
  is: true,
});

const history: View = (_state, me, account) => ({
  path: `${accountPath(account)}/audit?limit=100`,
  status: reads(me, account, "seeHistory"),
  shows: ({ body }) => body.items.map(({ action, actor }: HistoryBody) => ({ action, actor })),
  is: account.history,
});

const slugStatus: View = (_state, _me, account) => ({
  path: `${accountPath(account)}/status`,
  status: 200,
  shows: ({ body }) => body.available,
  is: !account.there,
});

const managed: View = (_state, me, account) => ({
  path: `/api/manage/@account/${account.id}`,
  status: me.operator ? (account.there ? 200 : 404) : 403,
  shows: ({ body }) => [body.id, body.slug, body.title, body.current_users],
  is: [account.id, account.slug, account.title, account.members.size],
});

const managedHistory: View = (_state, me, account) => ({
  path: `/api/manage/@audit?limit=100&account=${account.id}`,
  status: me.operator ? 200 : 403,
  shows: ({ body }) => body.items.map(({ action, actor }: HistoryBody) => ({ action, actor })),
  is: account.there ? account.history : [],
});

export const accountViews: readonly View[] = [
  itself,
  permissions,
  members,
  foundMembers,
  member,
  invites,
  zones,
  usage,
  logo,
  history,
  slugStatus,
  managed,
  managedHistory,
];

interface InviteBody {
  readonly email: string;
  readonly role: string;
}
interface HistoryBody {
  readonly action: string;
  readonly actor: string;
}

/** That an account is blocked does not show in what one may do on it. */
function mayChange(me: User, account: Account): boolean {
  return may(me, { ...account, blocked: false }, "change");
}

function asMember({ uuid, mark, email }: User, role: string): object {
  return { id: uuid, name: `Ann ${mark}`, email, role };
}

function membersOf({ members: all }: Account): string[] {
  return sorted([...all].map(([user, role]) => asMember(user, role)));
}
