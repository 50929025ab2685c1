/** Invitations of an account, and invitations that the caller received. */
import { z } from "@hono/zod-openapi";

import { accountRoles } from "../../domain/account.ts";
import { formatTimestamp } from "../../domain/timestamp.ts";
import { AccountName } from "../../services/accounts/access.ts";
import { acceptInvitation, acceptReceivedInvitation } from "../../services/invitations/accept.ts";
import { revokeInvitationByEmail } from "../../services/invitations/change.ts";
import { inviteOrRenew } from "../../services/invitations/invite.ts";
import { listAllInvitations, listReceivedInvitations } from "../../services/invitations/list.ts";
import { previewInvitation } from "../../services/invitations/preview.ts";
import { email, uuid } from "../fastapi/fields.ts";
import { empty, json, openResponses, responses } from "../fastapi/responses.ts";
import { countBadSecrets, limitPreviews } from "../rate-limit.ts";
import { lazy, withMetadata, withSchemaName } from "../schema.ts";
import { accountById, accountBySlugOrId, openOperation, operation } from "./surface.ts";

const tag = "Invites";

const inviteSchema = lazy(() =>
  z
    .object({ email: z.string(), role: z.enum(accountRoles), expires: z.iso.datetime() })
    .openapi("AccountInvite", {
      example: { email: "ada@example.com", role: "AMEMBER", expires: "2026-02-07T13:00:00.000Z" },
    }),
);

const inviteBody = lazy(() =>
  withSchemaName("InviteBody", z.object({ email: email(), role: z.enum(accountRoles).default("AMEMBER") }), {
    description: "Unknown keys, such as `came_from`, are ignored.",
  }),
);

operation(
  {
    id: "listAccountInvites",
    method: "get",
    path: "/api/v1/account/{account_id}/invites",
    tag,
    summary: "List invitations",
    description: "Returns the pending invitations of the account. Requires membership.",
    params: accountById,
    responses: () => responses(json(200, "The invitations.", z.array(inviteSchema())), 403, 404, 422),
  },
  async (ctx, { params }, c) => {
    const invites = await listAllInvitations(ctx, new AccountName(params.account_id));
    return c.json(
      invites.map((invite) => ({
        email: invite.email,
        role: invite.role,
        expires: formatTimestamp(invite.validUntil),
      })),
    );
  },
);

operation(
  {
    id: "inviteToAccount",
    idempotent: true,
    method: "post",
    path: "/api/v1/account/{slug}/invite",
    tag,
    summary: "Invite a user",
    description:
      "Invites an e-mail address. If it has a pending invitation, renews the role, link and expiration; within a minute of the last mail only the role. Requires membership; the role must not be above the caller's. A pending invitation uses a seat.",
    params: accountBySlugOrId,
    body: inviteBody,
    bodyExample: { email: "ada@example.com", role: "AMEMBER" },
    responses: () => responses(json(200, "The address was invited.", z.null()), 400, 403, 404, 409, 422),
  },
  async (ctx, { params, body }, c) => c.json(await inviteOrRenew(ctx, new AccountName(params.slug), body)),
);

operation(
  {
    id: "deleteAccountInvite",
    method: "delete",
    path: "/api/v1/account/{account_id}/invite/{email}",
    tag,
    summary: "Revoke invitation",
    description:
      "Invalidates the link and frees the seat. Requires membership; an AMEMBER can only revoke invitations to the role AMEMBER.",
    params: lazy(() =>
      accountById().extend({
        email: withMetadata(email().clone(), {
          param: { name: "email", in: "path" },
          example: "ada@example.com",
        }),
      }),
    ),
    responses: () => responses(empty("The invitation was revoked."), 403, 404, 409, 422),
  },
  async (ctx, { params }, c) => {
    await revokeInvitationByEmail(ctx, new AccountName(params.account_id), params.email);
    return c.body(null, 204);
  },
);

const exampleId = "0b6f0c1e-52a5-4d0f-8f0d-3f1d2b7a9c44";
const exampleAccount = { id: "7e0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f11", slug: "acme" };
const expires = "2026-02-07T13:00:00.000Z";

const inviterName = () =>
  z
    .string()
    .nullable()
    .openapi({ description: "Display name of the inviter; null if the user was deleted." });

const receivedSchema = lazy(() =>
  z
    .object({
      id: z.uuid(),
      account: z.object({ id: z.uuid(), slug: z.string(), title: z.string() }),
      role: z.enum(accountRoles),
      invited_by: inviterName(),
      expires: z.iso.datetime(),
    })
    .openapi("ReceivedInvite", {
      example: {
        id: exampleId,
        account: { ...exampleAccount, title: "Acme" },
        role: "AMEMBER",
        invited_by: "Ada Lovelace",
        expires,
      },
    }),
);

const joinedSchema = lazy(() =>
  z
    .object({ account: z.object({ id: z.uuid(), slug: z.string() }) })
    .openapi("JoinedAccount", { example: { account: exampleAccount } }),
);

const previewSchema = lazy(() =>
  z
    .object({
      account: z.object({
        title: z.string(),
        logo_url: z
          .string()
          .nullable()
          .openapi({ description: "The logo as a `data:` URL, since only members can download it." }),
      }),
      invited_by: inviterName(),
      role: z.enum(accountRoles),
      expires: z.iso.datetime(),
    })
    .openapi("InvitePreview", {
      example: {
        account: { title: "Acme", logo_url: null },
        invited_by: "Ada Lovelace",
        role: "AMEMBER",
        expires,
      },
    }),
);

const tokenBody = lazy(() =>
  withSchemaName(
    "InviteToken",
    z.object({ token: withMetadata(z.string(), { description: "The part of the link after `#`." }) }),
  ),
);
const exampleToken = "C28MHlKlTQ-PDT8dK3qcRAAAAAE…";

openOperation(
  {
    id: "previewInvite",
    method: "post",
    path: "/api/v1/invites/preview",
    tag,
    summary: "Preview invitation",
    description:
      "Returns the invitation that a link's secret belongs to. Needs no credentials. An unknown, used, expired or revoked secret is 404. Limited to 60 requests per minute and network.",
    body: tokenBody,
    bodyExample: { token: exampleToken },
    limit: limitPreviews,
    responses: () => openResponses(json(200, "The invitation.", previewSchema()), 400, 404, 422),
  },
  async (ctx, { body }, c) => {
    const { title, logo, inviter, role, validUntil } = await countBadSecrets(c, () =>
      previewInvitation(ctx, body.token),
    );
    const account = { title, logo_url: logo };
    return c.json({ account, invited_by: inviter, role, expires: formatTimestamp(validUntil) });
  },
);

operation(
  {
    id: "acceptInvite",
    method: "post",
    path: "/api/v1/invites/accept",
    tag,
    summary: "Accept invitation",
    description:
      "Accepts the invitation that a link's secret belongs to and makes the caller a member. An unknown, used, expired or revoked secret is 404. Repeating the request has no effect. Never lowers the role of a member.",
    body: tokenBody,
    bodyExample: { token: exampleToken },
    responses: () =>
      responses(json(200, "The account that the caller joined.", joinedSchema()), 400, 403, 404, 409, 422),
  },
  async (ctx, { body }, c) => {
    const { uuid: id, slug } = await countBadSecrets(c, () => acceptInvitation(ctx, body.token));
    return c.json({ account: { id, slug } });
  },
);

operation(
  {
    id: "listReceivedInvitations",
    method: "get",
    path: "/api/v1/user/invites",
    tag,
    summary: "List received invitations",
    description: "Returns the pending invitations to the caller's verified e-mail address, oldest first.",
    responses: () => responses(json(200, "The invitations.", z.array(receivedSchema()))),
  },
  async (ctx, _input, c) => {
    const invites = await listReceivedInvitations(ctx);
    return c.json(
      invites.map(({ uuid: id, account, role, inviter, validUntil }) => ({
        id,
        account: { id: account.uuid, slug: account.slug, title: account.title },
        role,
        invited_by: inviter,
        expires: formatTimestamp(validUntil),
      })),
    );
  },
);

operation(
  {
    id: "acceptReceivedInvitation",
    method: "post",
    path: "/api/v1/user/invites/{id}/accept",
    tag,
    summary: "Accept received invitation",
    description:
      "Accepts an invitation to the caller's verified e-mail address and makes the caller a member.",
    params: lazy(() =>
      z.object({
        id: withMetadata(uuid("Id of the invitation."), {
          param: { name: "id", in: "path" },
          example: exampleId,
        }),
      }),
    ),
    responses: () =>
      responses(json(200, "The account that the caller joined.", joinedSchema()), 403, 404, 409, 422),
  },
  async (ctx, { params }, c) => {
    const { uuid: id, slug } = await acceptReceivedInvitation(ctx, params.id);
    return c.json({ account: { id, slug } });
  },
);
