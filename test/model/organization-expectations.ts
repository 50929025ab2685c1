/** Expected responses about one account in the organizations API. */
import { organizationPath } from "./account-commands.ts";
import type { AccountExpectation } from "./account-expectations.ts";
import { sorted } from "./command.ts";
import { type Account, type Action, mayGlobally, outcome, pendingOf, statusOf, type User } from "./model.ts";

const reads = (me: User, account: Account, deed: Action) =>
  statusOf("organizations", outcome(me, account, deed), 200);

const organization: AccountExpectation = (_state, me, account) => ({
  path: organizationPath(account),
  status: reads(me, account, "see"),
  observe: ({ body }) => [body.uuid, body.name, body.slug, body.logo_url !== null],
  expected: [account.id, account.title, account.slug, account.logo !== undefined],
});

const analysts: AccountExpectation = (_state, me, account) => ({
  path: `/accounts/analysts/?organization=${account.id}&page_size=100`,
  status: mayGlobally(me, "readAnalysts") && account.there ? 200 : reads(me, account, "searchMembers"),
  observe: ({ body }) => [body.count, sorted(body.results.map((one: AnalystBody) => one.user.uuid))],
  expected: [account.members.size, sorted([...account.members.keys()].map(({ uuid }) => uuid))],
});

const invitations: AccountExpectation = (_state, me, account) => ({
  path: `/accounts/invite/?organization=${account.slug}&page_size=100`,
  status: reads(me, account, "seeInvites"),
  observe: ({ body }) => [
    body.count,
    sorted(
      body.results.map((one: InvitationBody) => [one.uuid, one.invitee_identifier, one.role, one.invited_by]),
    ),
  ],
  expected: [
    pendingOf(account).length,
    sorted(
      pendingOf(account).map(({ uuid, address, role, inviter }) => [
        uuid,
        address,
        role,
        inviter.there ? inviter.uuid : null,
      ]),
    ),
  ],
});

const portal: AccountExpectation = (_state, me, account) => ({
  path: `/accounts/portal/?organization=${account.slug}`,
  status: reads(me, account, "see"),
  observe: ({ body }) => body.account_portal_url,
  expected: `https://roster.test/portal/${account.slug}`,
});

export const organizationExpectations: readonly AccountExpectation[] = [
  organization,
  analysts,
  invitations,
  portal,
];

interface AnalystBody {
  readonly user: { readonly uuid: string };
}

interface InvitationBody {
  readonly uuid: string;
  readonly invitee_identifier: string;
  readonly role: string;
  readonly invited_by: string | null;
}
