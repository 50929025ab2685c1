/** The invites of an account. */
import { z } from "@hono/zod-openapi";

import { accountRoles } from "../../domain/account.ts";
import { formatTimestamp } from "../../domain/timestamp.ts";
import { AccountName } from "../../services/accounts/access.ts";
import { acceptInvitation, acceptReceivedInvitation } from "../../services/invitations/accept.ts";
import { inviteOrRenew } from "../../services/invitations/invite.ts";
import { listAllInvitations, listReceivedInvitations } from "../../services/invitations/list.ts";
import { previewInvitation } from "../../services/invitations/preview.ts";
import { revokeInvitationByEmail } from "../../services/invitations/change.ts";
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
    description: "Other keys, such as `came_from`, are ignored.",
  }),
);

operation(
  {
    id: "listAccountInvites",
    method: "get",
    path: "/api/v1/account/{account_id}/invites",
    tag,
    summary: "List invites",
    description: "Those who are invited and have not joined yet. For members.",
    params: accountById,
    responses: () => responses(json(200, "The invites.", z.array(inviteSchema())), 403, 404, 422),
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
    summary: "Invite",
    description:
      "Invites an address, or renews its pending invite: role, link and end; within a minute of the last mail only the role. For members; nobody invites to a role above their own. A pending invite takes a seat.",
    params: accountBySlugOrId,
    body: inviteBody,
    bodyExample: { email: "ada@example.com", role: "AMEMBER" },
    responses: () => responses(json(200, "The address is invited.", z.null()), 400, 403, 404, 409, 422),
  },
  async (ctx, { params, body }, c) => c.json(await inviteOrRenew(ctx, new AccountName(params.slug), body)),
);

operation(
  {
    id: "deleteAccountInvite",
    method: "delete",
    path: "/api/v1/account/{account_id}/invite/{email}",
    tag,
    summary: "Delete invite",
    description:
      "Its link stops working and its seat is free. For members, AMEMBERs only where it invites an AMEMBER.",
    params: lazy(() =>
      accountById().extend({
        email: withMetadata(email().clone(), {
          param: { name: "email", in: "path" },
          example: "ada@example.com",
        }),
      }),
    ),
    responses: () => responses(empty("The invite is gone."), 403, 404, 409, 422),
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
  z.string().nullable().openapi({ description: "Who invited, by name; null when that user is gone." });

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
          .openapi({ description: "The logo itself, as a `data:` URL: its own address is for members." }),
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
    z.object({ token: withMetadata(z.string(), { description: "What stands behind `#` in the link." }) }),
  ),
);
const exampleToken = "C28MHlKlTQ-PDT8dK3qcRAAAAAE…";

openOperation(
  {
    id: "previewInvite",
    method: "post",
    path: "/api/v1/invites/preview",
    tag,
    summary: "Preview invite",
    description:
      "What the secret of an invite's link is an invite to. Open to anyone who has it; a wrong, used, expired or revoked one is 404. 60 a minute an address.",
    body: tokenBody,
    bodyExample: { token: exampleToken },
    limit: limitPreviews,
    responses: () => openResponses(json(200, "The invite.", previewSchema()), 400, 404, 422),
  },
  async (visit, { body }, c) => {
    const { title, logo, inviter, role, validUntil } = await countBadSecrets(c, () =>
      previewInvitation(visit, body.token),
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
    summary: "Accept invite",
    description:
      "Makes the caller a member by the secret of an invite's link. A wrong, used, expired or revoked one is 404; who accepted it is answered the same again. A role is never lowered.",
    body: tokenBody,
    bodyExample: { token: exampleToken },
    responses: () =>
      responses(json(200, "The account that was joined.", joinedSchema()), 400, 403, 404, 409, 422),
  },
  async (ctx, { body }, c) => {
    const { uuid: id, slug } = await countBadSecrets(c, () => acceptInvitation(ctx, body.token));
    return c.json({ account: { id, slug } });
  },
);

operation(
  {
    id: "listOwnInvites",
    method: "get",
    path: "/api/v1/user/invites",
    tag,
    summary: "List my invites",
    description: "The pending invites sent to the caller's verified address, the oldest first.",
    responses: () => responses(json(200, "The invites.", z.array(receivedSchema()))),
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
    id: "acceptOwnInvite",
    method: "post",
    path: "/api/v1/user/invites/{id}/accept",
    tag,
    summary: "Accept my invite",
    description: "Makes the caller a member by an invite sent to the caller's verified address.",
    params: lazy(() =>
      z.object({
        id: withMetadata(uuid("The invite's id."), { param: { name: "id", in: "path" }, example: exampleId }),
      }),
    ),
    responses: () => responses(json(200, "The account that was joined.", joinedSchema()), 403, 404, 409, 422),
  },
  async (ctx, { params }, c) => {
    const { uuid: id, slug } = await acceptReceivedInvitation(ctx, params.id);
    return c.json({ account: { id, slug } });
  },
);
