/** Expected responses about one account in the accounts and operator APIs. */
import { accountPath, logoPath } from "./account-commands.ts";
import { type ExpectedRequest, sorted } from "./command.ts";
import {
  type Account,
  type Action,
  may,
  outcome,
  pendingOf,
  roleOf,
  type State,
  statusOf,
  type User,
} from "./model.ts";

export type AccountExpectation = (state: State, me: User, account: Account, other: User) => ExpectedRequest;

/** Start of the requested usage, before all usage of a run. */
const since = () => new Date(Date.now() - 40 * 24 * 3600 * 1000).toISOString().slice(0, 10);

const reads = (me: User, account: Account, deed: Action) =>
  statusOf("accounts", outcome(me, account, deed), 200);

const itself: AccountExpectation = (_state, me, account) => ({
  path: accountPath(account),
  status: reads(me, account, "see"),
  observe: ({ body }) => [
    body.id,
    body.title,
    body.description?.includes(account.mark) ?? true,
    body.current_users,
    body.can_manage_account,
    body.blocking_state,
    [body.domain, body.saml_entity_id, body.saml_x509_cert].filter((value) => value !== null).length,
  ],
  expected: [
    account.id,
    account.title,
    true,
    account.members.size,
    mayChange(me, account),
    account.blocked ? "manager" : "unblocked",
    account.saml && may(me, account, "seeSaml") ? 3 : 0,
  ],
});

const permissions: AccountExpectation = (_state, me, account) => ({
  path: `${accountPath(account)}/permissions?account_id=${account.id}`,
  status: reads(me, account, "see"),
  observe: ({ body }) =>
    ["account:write", "members:read", "usage:write", "audit:read"].map((name) =>
      body.permissions.includes(name),
    ),
  expected: [
    mayChange(me, account),
    may(me, account, "listMembers"),
    may(me, { ...account, blocked: false }, "count"),
    may(me, account, "seeHistory"),
  ],
});

const members: AccountExpectation = (_state, me, account) => ({
  path: `${accountPath(account)}/users`,
  status: reads(me, account, "listMembers"),
  observe: ({ body }) => sorted(body),
  expected: membersOf(account),
});

const foundMembers: AccountExpectation = ({ sign }, me, account) => ({
  path: `${accountPath(account)}/users/search?query=${sign}`,
  status: reads(me, account, "searchMembers"),
  observe: ({ body }) => sorted(body),
  expected: membersOf(account),
});

const member: AccountExpectation = (_state, me, account, other) => {
  const role = roleOf(other, account);
  const done = role === undefined ? 404 : 200;
  return {
    path: `${accountPath(account)}/user/${other.uuid}`,
    status: statusOf("accounts", outcome(me, account, "searchMembers"), done),
    observe: ({ body }) => body,
    expected: role === undefined ? undefined : asMember(other, role),
  };
};

const invites: AccountExpectation = (_state, me, account) => ({
  path: `/api/v1/account/${account.id}/invites`,
  status: reads(me, account, "seeInvites"),
  observe: ({ body }) => sorted(body.map((one: InviteBody) => [one.email, one.role])),
  expected: sorted(pendingOf(account).map(({ address, role }) => [address, role])),
});

const zones: AccountExpectation = (_state, me, account) => ({
  path: `${accountPath(account)}/zones`,
  status: reads(me, account, "see"),
});

const usage: AccountExpectation = (_state, me, account) => ({
  path: `/api/v1/account/${account.id}/usage?from=${since()}`,
  status: reads(me, account, "seeUsage"),
  observe: ({ body }) =>
    ["usage", "ai_tokens_used"].map(
      (name) => body[0].metrics.find((metric: { name: string }) => metric.name === name).value,
    ),
  expected: [account.usage, account.events],
});

const logo: AccountExpectation = (_state, me, account) => ({
  path: logoPath(account),
  status: statusOf("accounts", outcome(me, account, "seeLogo"), account.logo === undefined ? 404 : 200),
  observe: ({ text }) => text.includes(account.logo ?? ""),
  expected: true,
});

const history: AccountExpectation = (_state, me, account) => ({
  path: `${accountPath(account)}/audit?limit=100`,
  status: reads(me, account, "seeHistory"),
  observe: ({ body }) => body.items.map(({ action, actor }: HistoryBody) => ({ action, actor })),
  expected: account.history,
});

const slugStatus: AccountExpectation = (_state, _me, account) => ({
  path: `${accountPath(account)}/status`,
  status: 200,
  observe: ({ body }) => body.available,
  expected: !account.there,
});

const managed: AccountExpectation = (_state, me, account) => ({
  path: `/api/manage/@account/${account.id}`,
  status: me.operator ? (account.there ? 200 : 404) : 403,
  observe: ({ body }) => [body.id, body.slug, body.title, body.current_users],
  expected: [account.id, account.slug, account.title, account.members.size],
});

const managedHistory: AccountExpectation = (_state, me, account) => ({
  path: `/api/manage/@audit?limit=100&account=${account.id}`,
  status: me.operator ? 200 : 403,
  observe: ({ body }) => body.items.map(({ action, actor }: HistoryBody) => ({ action, actor })),
  expected: account.there ? account.history : [],
});

export const accountExpectations: readonly AccountExpectation[] = [
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

/** A block does not affect the listed permissions. */
function mayChange(me: User, account: Account): boolean {
  return may(me, { ...account, blocked: false }, "change");
}

function asMember({ uuid, mark, email }: User, role: string): object {
  return { id: uuid, name: `Ann ${mark}`, email, role };
}

function membersOf({ members: all }: Account): string[] {
  return sorted([...all].map(([user, role]) => asMember(user, role)));
}
