import { z } from "@hono/zod-openapi";

import { accountRoles } from "../../domain/account.ts";
import { AccountName } from "../../services/accounts/access.ts";
import { acceptInvite, acceptOwnInvite } from "../../services/invites/accept.ts";
import { inviteAddress } from "../../services/invites/invite.ts";
import { listEveryInvite } from "../../services/invites/list.ts";
import { listOwnInvites } from "../../services/invites/list-own.ts";
import { previewInvite } from "../../services/invites/preview.ts";
import { revokeAddress } from "../../services/invites/revoke.ts";
import { answerSchema } from "../answer-schema.ts";
import { described, named } from "../described.ts";
import { answers, empty, json, openAnswers } from "../fastapi/answers.ts";
import { email, uuid } from "../fastapi/fields.ts";
import { accountById, namedAccount } from "./paths.ts";
import { countingBadSecrets, limitPreviews } from "../rate-limits.ts";
import { openOperation, operation } from "./operation.ts";

const tag = "Invites";
const exampleId = "0b6f0c1e-52a5-4d0f-8f0d-3f1d2b7a9c44";
const exampleAccount = { id: "7e0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f11", slug: "acme" };
const expires = "2026-02-07T13:00:00.000Z";

const inviteSchema = answerSchema(() =>
  z
    .object({ email: z.string(), role: z.enum(accountRoles), expires: z.iso.datetime() })
    .openapi("AccountInvite", { example: { email: "ada@example.com", role: "AMEMBER", expires } }),
);

const receivedSchema = answerSchema(() =>
  z
    .object({
      id: z.uuid(),
      account: z.object({ id: z.uuid(), slug: z.string(), title: z.string() }),
      role: z.enum(accountRoles),
      invited_by: z
        .string()
        .nullable()
        .openapi({ description: "Who invited, by name; null when that user is gone." }),
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

const joinedSchema = answerSchema(() =>
  z
    .object({ account: z.object({ id: z.uuid(), slug: z.string() }) })
    .openapi("JoinedAccount", { example: { account: exampleAccount } }),
);

const previewSchema = answerSchema(() =>
  z
    .object({
      account: z.object({
        title: z.string(),
        logo_url: z
          .string()
          .nullable()
          .openapi({ description: "The logo itself, as a `data:` URL: its own address is for members." }),
      }),
      invited_by: z
        .string()
        .nullable()
        .openapi({ description: "Who invited, by name; null when that user is gone." }),
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

const tokenBody = named(
  "InviteToken",
  z.object({ token: described(z.string(), { description: "What stands behind `#` in the link." }) }),
);
const exampleToken = "C28MHlKlTQ-PDT8dK3qcRAAAAAE…";

const inviteBody = named("InviteBody", z.object({ email, role: z.enum(accountRoles).default("AMEMBER") }), {
  description: "Other keys, such as `came_from`, are ignored.",
});

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
      invites.map((invite) => ({ email: invite.email, role: invite.role, expires: told(invite.validUntil) })),
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
    params: accountById.extend({
      email: described(email.clone(), { param: { name: "email", in: "path" }, example: "ada@example.com" }),
    }),
    responses: () => answers(empty("The invite is gone."), 403, 404, 409, 422),
  },
  async (ctx, { params }, c) => {
    await revokeAddress(ctx, new AccountName(params.account_id), params.email);
    return c.body(null, 204);
  },
);

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
    responses: () => openAnswers(json(200, "The invite.", previewSchema()), 400, 404, 422),
  },
  async (visit, { body }, c) => {
    const { title, logo, inviter, role, validUntil } = await countingBadSecrets(c, () =>
      previewInvite(visit, body.token),
    );
    const account = { title, logo_url: logo };
    return c.json({ account, invited_by: inviter, role, expires: told(validUntil) });
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
      answers(json(200, "The account that was joined.", joinedSchema()), 400, 403, 404, 409, 422),
  },
  async (ctx, { body }, c) => {
    const { uuid: id, slug } = await countingBadSecrets(c, () => acceptInvite(ctx, body.token));
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
    responses: () => answers(json(200, "The invites.", z.array(receivedSchema()))),
  },
  async (ctx, _input, c) => {
    const invites = await listOwnInvites(ctx);
    return c.json(
      invites.map(({ uuid: id, account, role, inviter, validUntil }) => ({
        id,
        account: { id: account.uuid, slug: account.slug, title: account.title },
        role,
        invited_by: inviter,
        expires: told(validUntil),
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
    params: z.object({
      id: described(uuid("The invite's id."), { param: { name: "id", in: "path" }, example: exampleId }),
    }),
    responses: () => answers(json(200, "The account that was joined.", joinedSchema()), 403, 404, 409, 422),
  },
  async (ctx, { params }, c) => {
    const { uuid: id, slug } = await acceptOwnInvite(ctx, params.id);
    return c.json({ account: { id, slug } });
  },
);

function told(moment: number): string {
  return new Date(moment).toISOString();
}
