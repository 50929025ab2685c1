import { describe, expect, it } from "vitest";

import { masked } from "../../../src/services/audit.ts";
import {
  accountCreated,
  accountDeleted,
  accountFrom,
  accountUpdated,
  type AuditedChanges,
  expectOneRow,
  organizationPath,
} from "../../support/audited-changes.ts";
import { unique } from "../../support/fixtures.ts";
import { createInvitation, setInvite, uniqueEmail } from "../../support/invitations.ts";
import { createColleague, userPath } from "../../support/organization-users.ts";

const changes: AuditedChanges = {
  "an organization is made": async ({ owner }) => {
    const slug = unique("made");
    const answer = await owner.post("/accounts/organizations/", { name: "Made", slug });
    const made = accountFrom(answer, slug, "Made");
    return { answer, ...accountCreated(made), account: made };
  },
  "an organization is changed in part": async ({ owner, account }) => {
    const answer = await owner.patch(organizationPath(account), { name: "New" });
    return { answer, ...accountUpdated(account, { title: [account.title, "New"] }) };
  },
  "an organization is changed as a whole": async ({ owner, account }) => {
    const slug = unique("moved");
    const answer = await owner.put(organizationPath(account), { name: account.title, slug });
    return {
      answer,
      ...accountUpdated(account, { slug: [account.slug, slug] }),
      account: { ...account, slug },
    };
  },
  "an organization is deleted": async ({ owner, account }) => {
    return { answer: await owner.delete(organizationPath(account)), ...accountDeleted(account) };
  },

  "an address is invited to an organization": async ({ owner, account }) => {
    const email = uniqueEmail();
    const path = `/accounts/invite/?organization=${account.id}`;
    const answer = await owner.post(path, { invitee_identifier: email, role: "AOWNER" });
    return {
      answer,
      action: "invite.created",
      target: `invite:${answer.body.uuid}`,
      changes: { email: [null, masked], role: [null, "AOWNER"] },
    };
  },
  "an invitation is resent": async ({ owner, account }) => {
    const uuid = await createInvitation(owner, account);
    await setInvite(uuid, { sent_at: 0 });
    const answer = await owner.post(`/accounts/invite/${uuid}/`);
    return { answer, action: "invite.resent", target: `invite:${uuid}`, changes: { version: [1, 2] } };
  },
  "an invitation is revoked": async ({ owner, account }) => {
    const email = uniqueEmail();
    const uuid = await createInvitation(owner, account, { invitee_identifier: email });
    return {
      answer: await owner.delete(`/accounts/invite/${uuid}/`),
      action: "invite.revoked",
      target: `invite:${uuid}`,
      changes: { email: [masked, null], role: ["AMEMBER", null] },
    };
  },

  "a user is made": async ({ owner, account }) => {
    const [email, path] = [uniqueEmail(), `/accounts/users/?organization=${account.slug}`];
    const answer = await owner.post(path, { email, first_name: "Ada", last_name: "Lovelace" });
    return {
      answer,
      action: "user.created",
      target: `user:${answer.body.uuid}`,
      changes: expect.objectContaining({
        email: [null, masked],
        first_name: [null, masked],
        last_name: [null, masked],
      }),
    };
  },
  "a user is changed": async ({ owner, account }) => {
    const { uuid } = await createColleague([account]);
    const other = uniqueEmail();
    return {
      answer: await owner.patch(userPath(uuid), { email: other, first_name: "Ada", is_active: false }),
      action: "user.updated",
      target: `user:${uuid}`,
      changes: { email: [masked, masked], first_name: ["", masked], is_active: [true, false] },
      account: null,
    };
  },
  "a user is deleted": async ({ owner, account }) => {
    const { uuid } = await createColleague([account]);
    const answer = await owner.delete(userPath(uuid));
    return {
      answer,
      action: "user.deleted",
      target: `user:${uuid}`,
      changes: {},
      account: null,
      otherRows: 1,
    };
  },
  "somebody consents": async ({ member, memberId }) => ({
    answer: await member.patch("/accounts/analysts/current/", { consent_given: true }),
    actor: memberId,
    action: "user.consented",
    target: `user:${memberId}`,
    changes: { consent_given: [false, true] },
    account: null,
  }),
  "somebody withdraws their consent": async ({ member, memberId }) => {
    await member.patch("/accounts/analysts/current/", { consent_given: true });
    return {
      answer: await member.patch("/accounts/analysts/current/", { consent_given: false }),
      actor: memberId,
      action: "user.consent_withdrawn",
      target: `user:${memberId}`,
      changes: { consent_given: [true, false] },
      account: null,
    };
  },
};

describe("actions that write one audit row", () => {
  it.each(Object.entries(changes))("the action writes one audit row: %s", (_, change) =>
    expectOneRow(change),
  );
});
