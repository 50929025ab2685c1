/** The invites of an account. */
import { z } from "@hono/zod-openapi";

import { accountRoles } from "../../domain/account.ts";
import { tellMoment } from "../../domain/moment.ts";
import { AccountName } from "../../services/accounts/access.ts";
import { inviteAddress } from "../../services/invites/invite.ts";
import { listEveryInvite } from "../../services/invites/list.ts";
import { revokeAddress } from "../../services/invites/revoke.ts";
import { deferred } from "../deferred.ts";
import { described, named } from "../described.ts";
import { answers, empty, json } from "../fastapi/answers.ts";
import { email } from "../fastapi/text-fields.ts";
import { accountById, namedAccount } from "./paths.ts";
import { operation } from "./operation.ts";

const tag = "Invites";

const inviteSchema = deferred(() =>
  z
    .object({ email: z.string(), role: z.enum(accountRoles), expires: z.iso.datetime() })
    .openapi("AccountInvite", {
      example: { email: "ada@example.com", role: "AMEMBER", expires: "2026-02-07T13:00:00.000Z" },
    }),
);

const inviteBody = deferred(() =>
  named("InviteBody", z.object({ email: email(), role: z.enum(accountRoles).default("AMEMBER") }), {
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
    responses: () => answers(json(200, "The invites.", z.array(inviteSchema())), 403, 404, 422),
  },
  async (ctx, { params }, c) => {
    const invites = await listEveryInvite(ctx, new AccountName(params.account_id));
    return c.json(
      invites.map((invite) => ({
        email: invite.email,
        role: invite.role,
        expires: tellMoment(invite.validUntil),
      })),
    );
  },
);

operation(
  {
    id: "inviteToAccount",
    creates: true,
    method: "post",
    path: "/api/v1/account/{slug}/invite",
    tag,
    summary: "Invite",
    description:
      "Invites an address, or renews its pending invite: role, link and end; within a minute of the last mail only the role. For members; nobody invites to a role above their own. A pending invite takes a seat.",
    params: namedAccount,
    body: inviteBody,
    bodyExample: { email: "ada@example.com", role: "AMEMBER" },
    responses: () => answers(json(200, "The address is invited.", z.null()), 400, 403, 404, 409, 422),
  },
  async (ctx, { params, body }, c) => c.json(await inviteAddress(ctx, new AccountName(params.slug), body)),
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
    params: deferred(() =>
      accountById().extend({
        email: described(email().clone(), {
          param: { name: "email", in: "path" },
          example: "ada@example.com",
        }),
      }),
    ),
    responses: () => answers(empty("The invite is gone."), 403, 404, 409, 422),
  },
  async (ctx, { params }, c) => {
    await revokeAddress(ctx, new AccountName(params.account_id), params.email);
    return c.body(null, 204);
  },
);
