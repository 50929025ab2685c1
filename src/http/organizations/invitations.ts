import { z } from "@hono/zod-openapi";

import { accountRoles } from "../../domain/account.ts";
import { formatTimestamp } from "../../domain/timestamp.ts";
import { getInvitation, type InvitationView } from "../../services/invitations/access.ts";
import { resendInvitation, revokeInvitation } from "../../services/invitations/change.ts";
import { createInvitation } from "../../services/invitations/invite.ts";
import { invitationListKeys, listInvitations } from "../../services/invitations/list.ts";
import { authenticateBeforeRejecting } from "../authenticate.ts";
import { choiceField, emailField } from "../django/fields.ts";
import { pageParameters, parsePageRequest, toPage } from "../django/pagination.ts";
import { namedOrganization, organizationParameters, uuidParameter } from "../django/parameters.ts";
import { json, pageSchema, responses } from "../django/responses.ts";
import { operation } from "../django/surface.ts";
import { lazy, type ResponseBody, withSchemaName } from "../schema.ts";

const tag = "Invitations";
const example = {
  uuid: "0b6f0c1e-52a5-4d0f-8f0d-3f1d2b7a9c44",
  invitee_identifier: "ada@example.com",
  role: "AMEMBER",
  invited_by: "c7a1f1de-9a0c-4c55-b5b1-0d5f6f1d7e21",
  sent_at: "2026-01-31T13:00:00.000Z",
  valid_until: "2026-02-07T13:00:00.000Z",
};

const invitationSchema = lazy(() =>
  z
    .object({
      uuid: z.uuid(),
      invitee_identifier: z.string().openapi({ description: "The invited e-mail address." }),
      role: z.enum(accountRoles),
      invited_by: z
        .uuid()
        .nullable()
        .openapi({ description: "Id of the inviter; null if the user was deleted." }),
      sent_at: z.iso.datetime(),
      valid_until: z.iso.datetime(),
    })
    .openapi("Invitation", { example }),
);
const invitationBody = lazy(() =>
  withSchemaName(
    "InvitationBody",
    z.object({
      invitee_identifier: emailField(),
      role: choiceField(accountRoles, "Role of the invited user. Default AMEMBER.").optional(),
    }),
    { required: ["invitee_identifier"] },
  ),
);
const params = lazy(() => z.object({ uuid: uuidParameter() }));

operation(
  {
    id: "listInvitations",
    usesCurrentOrganization: true,
    method: "get",
    path: "/accounts/invite/",
    tag,
    summary: "List invitations",
    description:
      "Returns the pending invitations of the current organization, oldest first. Requires membership.",
    query: lazy(() => z.object({ ...organizationParameters(), ...pageParameters() })),
    responses: () =>
      responses(json(200, "One page.", pageSchema("InvitationPage", invitationSchema())), 403, 404),
  },
  async (ctx, { rawQuery }, c) => {
    const request = await authenticateBeforeRejecting(ctx, () =>
      parsePageRequest(rawQuery, invitationListKeys),
    );
    const page = await listInvitations(ctx, namedOrganization(c), request);
    return c.json(toPage(ctx, c, page, present));
  },
);

operation(
  {
    id: "createInvitation",
    usesCurrentOrganization: true,
    idempotent: true,
    method: "post",
    path: "/accounts/invite/",
    tag,
    summary: "Create invitation",
    description:
      "Invites an e-mail address to the current organization. The invitation is valid for seven days. Requires membership; the role must not be above the caller's. A pending invitation uses a seat.",
    query: lazy(() => z.object(organizationParameters())),
    body: invitationBody,
    bodyExample: { invitee_identifier: "ada@example.com", role: "AMEMBER" },
    responses: () => responses(json(201, "The invitation.", invitationSchema()), 403, 404, 409, 415, 422),
  },
  async (ctx, { body }, c) => {
    const created = await createInvitation(ctx, namedOrganization(c), async () => {
      const { invitee_identifier: email, role } = await body();
      return { email, role: role ?? "AMEMBER" };
    });
    return c.json(present(created), 201);
  },
);

operation(
  {
    id: "retrieveInvitation",
    method: "get",
    path: "/accounts/invite/{uuid}/",
    tag,
    summary: "Retrieve invitation",
    description: "Returns a pending invitation. Requires membership of its organization.",
    params,
    responses: () => responses(json(200, "The invitation.", invitationSchema()), 403, 404),
  },
  async (ctx, input, c) => {
    const { invitation } = await getInvitation(ctx, input.params.uuid);
    return c.json(present(invitation));
  },
);

operation(
  {
    id: "resendInvitation",
    method: "post",
    path: "/accounts/invite/{uuid}/",
    tag,
    summary: "Resend invitation",
    description:
      "Sends the invitation again with a new link and seven more days. The old link becomes invalid. Allowed once per minute. Requires membership; an AMEMBER can only resend invitations to the role AMEMBER. The body is ignored.",
    params,
    responses: () => responses(json(200, "The invitation.", invitationSchema()), 403, 404, 409),
  },
  async (ctx, input, c) => c.json(present(await resendInvitation(ctx, input.params.uuid))),
);

operation(
  {
    id: "revokeInvitation",
    method: "delete",
    path: "/accounts/invite/{uuid}/",
    tag,
    summary: "Revoke invitation",
    description:
      "Invalidates the link and frees the seat. Requires membership; an AMEMBER can only revoke invitations to the role AMEMBER.",
    params,
    responses: () => responses({ 204: { description: "The invitation was revoked." } }, 403, 404, 409),
  },
  async (ctx, input, c) => {
    await revokeInvitation(ctx, input.params.uuid);
    return c.body(null, 204);
  },
);

function present({
  uuid,
  email,
  role,
  inviter,
  sentAt,
  validUntil,
}: InvitationView): ResponseBody<typeof invitationSchema> {
  return {
    uuid,
    invitee_identifier: email,
    role,
    invited_by: inviter,
    sent_at: formatTimestamp(sentAt),
    valid_until: formatTimestamp(validUntil),
  };
}
