/** The invites of an account. */
import { z } from "@hono/zod-openapi";

import { accountRoles } from "../../domain/account.ts";
import { formatTimestamp } from "../../domain/timestamp.ts";
import { AccountName } from "../../services/accounts/access.ts";
import { inviteOrRenew } from "../../services/invitations/invite-or-renew.ts";
import { listAllInvitations } from "../../services/invitations/list.ts";
import { revokeInvitationByEmail } from "../../services/invitations/revoke.ts";
import { empty, json, responses } from "../fastapi/responses.ts";
import { email } from "../fastapi/text-fields.ts";
import { lazy } from "../lazy.ts";
import { withMetadata, withSchemaName } from "../openapi/metadata.ts";
import { accountById, accountBySlugOrId } from "./paths.ts";
import { operation } from "./surface.ts";

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
