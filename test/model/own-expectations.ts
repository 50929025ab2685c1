/** Expected responses to requests without an account: a user's own data, or all data for those who may read it. */
import { type ExpectedRequest, sorted } from "./command.ts";
import { invitationPath } from "./invitation-commands.ts";
import {
  type Account,
  accountsOf,
  type Invite,
  mayGlobally,
  outcome,
  receivedBy,
  solelyOwned,
  type State,
  statusOf,
  type User,
} from "./model.ts";
import { seesProfile } from "./user-visibility.ts";

type OwnExpectation = (
  state: State,
  me: User,
  other: User,
  invite: Invite | undefined,
) => ExpectedRequest | undefined;

const uuids = (things: readonly { readonly uuid: string }[]) => sorted(things.map(({ uuid }) => uuid));
const ids = (things: readonly { readonly id: string }[]) => sorted(things.map(({ id }) => id));
const there = (state: State): Account[] => state.accounts.filter((account) => account.there);

/** Returns the path of a list, limited to this state for users who see all data. */
const listed = (state: State, path: string, all: boolean): string =>
  `${path}?page_size=100${all ? `&search=${state.sign}` : ""}`;

const organizations =
  (searched: boolean): OwnExpectation =>
  (state, me) => {
    const all = mayGlobally(me, "see");
    const seen = all ? there(state) : accountsOf(state, me);
    return {
      path: listed(state, "/accounts/organizations/", all || searched),
      status: 200,
      observe: ({ body }) => [body.count, uuids(body.results)],
      expected: [seen.length, ids(seen)],
    };
  };

const users =
  (searched: boolean): OwnExpectation =>
  (state, me) => {
    const all = mayGlobally(me, "readUsers");
    const seen = state.users.filter((user) => seesProfile(state, me, user));
    return {
      path: listed(state, "/accounts/users/", all || searched),
      status: 200,
      observe: ({ body }) => [body.count, uuids(body.results)],
      expected: [seen.length, uuids(seen)],
    };
  };

const analysts =
  (searched: boolean): OwnExpectation =>
  (state, me) => {
    const all = mayGlobally(me, "readAnalysts");
    const seen = (all ? there(state) : accountsOf(state, me)).flatMap(({ members }) => [...members.keys()]);
    return {
      path: listed(state, "/accounts/analysts/", all || searched),
      status: 200,
      observe: ({ body }) => [
        body.count,
        uuids(body.results.map((one: { user: { uuid: string } }) => one.user)),
      ],
      expected: [seen.length, uuids(seen)],
    };
  };

const oneUser: OwnExpectation = (state, me, other) => ({
  path: `/accounts/users/${other.uuid}/`,
  status: seesProfile(state, me, other) ? 200 : 404,
  observe: ({ body }) => [body.email, body.last_name, body.is_active, body.groups],
  expected: [other.email, other.mark, other.active, other.groups],
});

const invitation: OwnExpectation = (_state, me, _other, invite) => {
  if (invite === undefined) return undefined;
  const { account, state, address, role } = invite;
  const pending = state === "pending" && account.there;
  return {
    path: invitationPath(invite),
    status: pending ? statusOf("organizations", outcome(me, account, "seeInvites"), 200) : 404,
    observe: ({ body }) => [body.invitee_identifier, body.role],
    expected: [address, role],
  };
};

const loginUrl: OwnExpectation = (state, me, other) => {
  const [account, ...others] = other.there ? accountsOf(state, other) : [];
  const known = account !== undefined && others.length === 0 && other.active;
  const may = other === me || mayGlobally(me, "askLogin");
  return {
    method: "POST",
    path: "/accounts/login_url/",
    body: { email: other.email },
    status: 200,
    observe: ({ body }) => hinted(body.params),
    expected: known && may ? account.slug : "/login/manual",
  };
};

/** Returns the route in a login hint, or the parameters if there is none. */
function hinted(params: string): string {
  const payload = /login_hint=[^.]+\.([^.]+)\./.exec(params)?.[1];
  if (payload === undefined) return params;
  const bytes = Uint8Array.fromBase64(payload, { alphabet: "base64url" });
  return JSON.parse(new TextDecoder().decode(bytes)).organization.route;
}

const portal: OwnExpectation = (state, me) => {
  const [account, ...others] = accountsOf(state, me);
  const only = account !== undefined && others.length === 0;
  return {
    path: "/accounts/portal/",
    status: 200,
    observe: ({ body }) => body.account_portal_url,
    expected: only ? `https://roster.test/portal/${account.slug}` : null,
  };
};

const accounts: OwnExpectation = (state, me) => ({
  path: "/api/v1/accounts",
  status: 200,
  observe: ({ body }) => ids(body),
  expected: ids(accountsOf(state, me)),
});

const welcome: OwnExpectation = (state, me) => ({
  path: "/api/v1/user/welcome",
  status: 200,
  observe: ({ body }) => [body.accounts.toSorted(), ids(body.dependant_accounts), body.preferences.email],
  expected: [
    accountsOf(state, me)
      .map(({ id }) => id)
      .toSorted(),
    ids(solelyOwned(state, me)),
    me.email,
  ],
});

const received: OwnExpectation = (state, me) => ({
  path: "/api/v1/user/invites",
  status: 200,
  observe: ({ body }) =>
    sorted(
      body.map((one: ReceivedBody) => [one.id, one.account.id, one.account.title, one.role, one.invited_by]),
    ),
  expected: sorted(
    receivedBy(state, me).map(({ uuid, account, role, inviter }) => [
      uuid,
      account.id,
      account.title,
      role,
      inviter.there ? `Ann ${inviter.mark}` : null,
    ]),
  ),
});

const tokens: OwnExpectation = (_state, me) => ({
  path: "/api/v1/user/pa_tokens",
  status: 200,
  observe: ({ body }) => ids(body),
  expected: ids(me.tokens.filter(({ good }) => good)),
});

const managedAccounts: OwnExpectation = (state, me) => ({
  path: listed(state, "/api/manage/@accounts", true),
  status: me.operator ? 200 : 403,
  observe: ({ body }) => ids(body.items),
  expected: ids(there(state)),
});

const managedUsers: OwnExpectation = (state, me) => ({
  path: listed(state, "/api/manage/@users", true),
  status: me.operator ? 200 : 403,
  observe: ({ body }) => ids(body.items),
  expected: sorted(state.users.filter((user) => user.there).map(({ uuid }) => uuid)),
});

export const ownExpectations: readonly OwnExpectation[] = [
  organizations(false),
  organizations(true),
  users(false),
  users(true),
  analysts(false),
  analysts(true),
  oneUser,
  invitation,
  loginUrl,
  portal,
  accounts,
  welcome,
  received,
  tokens,
  managedAccounts,
  managedUsers,
];

interface ReceivedBody {
  readonly id: string;
  readonly account: { readonly id: string; readonly title: string };
  readonly role: string;
  readonly invited_by: string | null;
}
