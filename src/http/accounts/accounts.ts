import { z } from "@hono/zod-openapi";

import { AccountName } from "../../services/accounts/access.ts";
import { createAccount } from "../../services/accounts/create.ts";
import { getAccount, isSlugAvailable } from "../../services/accounts/get.ts";
import { listMemberAccounts } from "../../services/accounts/list.ts";
import { type AccountChanges, deleteAccount, updateAccount } from "../../services/accounts/update.ts";
import { computeEtag, ifMatchVersions, respondWithEtag } from "../etag.ts";
import { empty, json, responses } from "../fastapi/responses.ts";
import { limitSlugs } from "../rate-limit.ts";
import {
  accountCreationBody,
  accountModificationBody,
  accountSchema,
  createdAccountSchema,
  exampleAccount,
  listedAccountSchema,
  toAccount,
} from "./account-schemas.ts";
import { accountBySlugOrId } from "./paths.ts";
import { operation } from "./surface.ts";

const tag = "Accounts";

operation(
  {
    id: "listAccounts",
    method: "get",
    path: "/api/v1/accounts",
    tag,
    summary: "List accounts",
    description: "The accounts the caller is a member of, by title.",
    responses: () => responses(json(200, "The caller's accounts.", z.array(listedAccountSchema()))),
  },
  async (ctx, _input, c) => {
    const accounts = await listMemberAccounts(ctx);
    return c.json(
      accounts.map(({ uuid, slug, title, type }) => ({
        id: uuid,
        slug,
        title,
        type,
        zone_visibility: "DEFAULT",
      })),
    );
  },
);

operation(
  {
    id: "createAccount",
    idempotent: true,
    method: "post",
    path: "/api/v1/accounts",
    tag,
    rateLimit: limitSlugs,
    summary: "Create account",
    description: "Makes an account; the caller becomes its owner.",
    body: accountCreationBody,
    bodyExample: { slug: "acme", title: "Acme", zone: "europe-1" },
    responses: () => responses(json(201, "The account is made.", createdAccountSchema()), 400, 403, 409, 422),
  },
  async (ctx, { body }, c) => {
    const made = await createAccount(ctx, { ...body, title: body.title ?? body.slug });
    return c.json({ id: made.uuid }, 201);
  },
);

operation(
  {
    id: "getAccount",
    etag: true,
    method: "get",
    path: "/api/v1/account/{slug}",
    tag,
    summary: "Get account",
    description: "For members. SAML fields are null for callers without `saml:read`.",
    params: accountBySlugOrId,
    responses: () => responses(json(200, "The account.", accountSchema(), exampleAccount), 403, 404),
  },
  async (ctx, { params }, c) => {
    const access = await getAccount(ctx, new AccountName(params.slug));
    return respondWithEtag(c, access.account, toAccount(ctx, access));
  },
);

operation(
  {
    id: "modifyAccount",
    etag: true,
    method: "patch",
    path: "/api/v1/account/{slug}",
    tag,
    summary: "Modify account",
    description: "For owners. A key left out stays; `saml: null` removes single sign-on.",
    params: accountBySlugOrId,
    body: accountModificationBody,
    bodyExample: { title: "Acme Ltd", description: null },
    responses: () => responses(json(200, "The account is changed.", z.null()), 400, 403, 404, 409, 422, 412),
  },
  async (ctx, { params, body }, c) => {
    const { saml } = body;
    if (body.slug != null) await limitSlugs(c, ctx.principal);
    const changes: AccountChanges = {
      title: body.title ?? undefined,
      slug: body.slug ?? undefined,
      description: body.description,
      saml: saml && {
        domain: saml.domain,
        ssoUrl: saml.sso_url,
        entityId: saml.entity_id,
        x509Cert: saml.x509_cert,
      },
    };
    const access = await updateAccount(
      ctx,
      new AccountName(params.slug),
      () => Promise.resolve(changes),
      ifMatchVersions(c),
    );
    const ETag = await computeEtag(access.account.version, JSON.stringify(toAccount(ctx, access)));
    return c.json(null, 200, { ETag });
  },
);

operation(
  {
    id: "deleteAccount",
    etag: true,
    method: "delete",
    path: "/api/v1/account/{slug}",
    tag,
    summary: "Delete account",
    description: "For owners. Everything of the account goes: members, invitations, logo, usage, history.",
    params: accountBySlugOrId,
    responses: () => responses(empty("The account is gone."), 403, 404, 409, 412),
  },
  async (ctx, { params }, c) => {
    await deleteAccount(ctx, new AccountName(params.slug), ifMatchVersions(c));
    return c.body(null, 204);
  },
);

operation(
  {
    id: "getSlugStatus",
    method: "get",
    path: "/api/v1/account/{slug}/status",
    tag,
    rateLimit: limitSlugs,
    summary: "Slug free?",
    description: "Whether an account could be made with this slug now.",
    params: accountBySlugOrId,
    responses: () =>
      responses(
        json(200, "Whether it is free.", z.object({ available: z.boolean() }).openapi("SlugStatus"), {
          available: true,
        }),
      ),
  },
  async (ctx, { params }, c) => c.json({ available: await isSlugAvailable(ctx, params.slug) }),
);
