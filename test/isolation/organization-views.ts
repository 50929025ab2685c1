/** What one account shows to whoever asks, on the organizations face. */
import { organizationPath } from "./account-moves.ts";
import type { View } from "./account-views.ts";
import { mayEverywhere, outcome, pendingOf, statusOf, type Account, type Deed, type User } from "./model.ts";
import { sorted } from "./plan.ts";

const reads = (me: User, account: Account, deed: Deed) =>
  statusOf("organizations", outcome(me, account, deed), 200);

const organization: View = (_state, me, account) => ({
  path: organizationPath(account),
  status: reads(me, account, "see"),
  shows: ({ body }) => [body.uuid, body.name, body.slug, body.logo_url !== null],
  is: [account.id, account.title, account.slug, account.logo !== undefined],
});

const analysts: View = (_state, me, account) => ({
  path: `/accounts/analysts/?organization=${account.id}&page_size=100`,
  status: mayEverywhere(me, "readAnalysts") && account.there ? 200 : reads(me, account, "searchMembers"),
  shows: ({ body }) => [body.count, sorted(body.results.map((one: AnalystBody) => one.user.uuid))],
  is: [account.members.size, sorted([...account.members.keys()].map(({ uuid }) => uuid))],
});

const invitations: View = (_state, me, account) => ({
  path: `/accounts/invite/?organization=${account.slug}&page_size=100`,
  status: reads(me, account, "seeInvites"),
  shows: ({ body }) => [
    body.count,
    sorted(
      body.results.map((one: InvitationBody) => [one.uuid, one.invitee_identifier, one.role, one.invited_by]),
    ),
  ],
  is: [
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

const portal: View = (_state, me, account) => ({
  path: `/accounts/portal/?organization=${account.slug}`,
  status: reads(me, account, "see"),
  shows: ({ body }) => body.account_portal_url,
  is: `https://roster.test/portal/${account.slug}`,
});

export const organizationViews: readonly View[] = [organization, analysts, invitations, portal];

interface AnalystBody {
  readonly user: { readonly uuid: string };
}

interface InvitationBody {
  readonly uuid: string;
  readonly invitee_identifier: string;
  readonly role: string;
  readonly invited_by: string | null;
}
