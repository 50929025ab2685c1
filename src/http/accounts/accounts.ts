/** The shapes of accounts on this face, and how a stored account becomes one. */
import { z } from "@hono/zod-openapi";

import {
  blockedFeatures,
  blockingStateAt,
  blockingStates,
  descriptionLength,
  titleLength,
} from "../../domain/account.ts";
import { type Permission, roleGrants } from "../../domain/permissions.ts";
import { planLimits, plans } from "../../domain/plan.ts";
import { formatTimestamp } from "../../domain/timestamp.ts";
import { type Access, AccountName } from "../../services/accounts/access.ts";
import { createAccount } from "../../services/accounts/create.ts";
import { getAccount, isSlugAvailable } from "../../services/accounts/get.ts";
import { listMemberAccounts } from "../../services/accounts/list.ts";
import { type AccountChanges, deleteAccount, updateAccount } from "../../services/accounts/update.ts";
import type { Context } from "../../services/caller/context.ts";
import { computeEtag, ifMatchVersions, respondWithEtag } from "../etag.ts";
import { email, slug as slugField, text } from "../fastapi/fields.ts";
import { limitsSchema } from "../fastapi/limits.ts";
import { empty, json, responses } from "../fastapi/responses.ts";
import { limitSlugs } from "../rate-limit.ts";
import { lazy, type ResponseBody, withSchemaName } from "../schema.ts";
import { samlBody } from "./saml.ts";
import { accountBySlugOrId, exampleAccountId, operation } from "./surface.ts";

const nullableInteger = () => z.int().nullable();
const moment = () => z.iso.datetime().openapi({ format: "date-time" });

const exampleAccount = {
  id: exampleAccountId,
  slug: "acme",
  title: "Acme",
  type: "stash-trial",
  description: null,
  can_manage_account: true,
  current_users: 1,
  max_users: 10,
  current_kbs: 0,
  max_kbs: 1,
  blocking_state: "unblocked",
  blocked_features: [],
  limits: { upload: null, usage: null },
  creation_date: "2026-01-31T13:00:00.000Z",
  trial_expiration_date: "2026-02-14T13:00:00.000Z",
  domain: null,
  saml_entity_id: null,
  saml_sso_url: null,
  saml_x509_cert: null,
  zone: null,
  zone_visibility: "DEFAULT",
};

const accountSchema = lazy(() =>
  z
    .object({
      id: z.uuid(),
      slug: z.string(),
      title: z.string(),
      type: z.enum(plans),
      description: z.string().nullable(),
      can_manage_account: z.boolean().openapi({ description: "Whether the caller may modify it." }),
      current_users: z.int(),
      max_users: nullableInteger().openapi({
        description: "Members and pending invitations; null: any number.",
      }),
      current_kbs: z.int(),
      max_kbs: nullableInteger(),
      blocking_state: z.enum(blockingStates),
      blocked_features: z.array(z.enum(blockedFeatures)),
      limits: limitsSchema(),
      creation_date: moment(),
      trial_expiration_date: moment().nullable(),
      domain: z.string().nullable(),
      saml_entity_id: z.string().nullable(),
      saml_sso_url: z.string().nullable(),
      saml_x509_cert: z.string().nullable(),
      zone: z.string().nullable().openapi({ description: "The slug of the zone it is placed in." }),
      zone_visibility: z.enum(["DEFAULT"]),
    })
    .openapi("Account", { example: exampleAccount }),
);

const listedAccountSchema = lazy(() =>
  accountSchema()
    .pick({ id: true, slug: true, title: true, type: true, zone_visibility: true })
    .openapi("ListedAccount", {
      example: {
        id: exampleAccount.id,
        slug: "acme",
        title: "Acme",
        type: "stash-trial",
        zone_visibility: "DEFAULT",
      },
    }),
);

const createdAccountSchema = lazy(() =>
  z.object({ id: z.uuid() }).openapi("CreatedAccount", { example: { id: exampleAccount.id } }),
);

const titleField = lazy(() =>
  text({ min: 1, max: titleLength, description: "What people call it.", example: "Acme" }),
);
const descriptionField = lazy(() =>
  text({ max: descriptionLength, lines: true, description: "What it is for." }),
);

const accountCreationBody = lazy(() =>
  withSchemaName(
    "AccountCreation",
    z.object({
      slug: slugField(),
      title: titleField().optional(),
      description: descriptionField().nullish(),
      email: email().nullish(),
      zone: text({
        description: "The id or slug of the zone to place it in, for good.",
        example: "europe-1",
      }).nullish(),
    }),
  ),
);

const accountModificationBody = lazy(() =>
  withSchemaName(
    "AccountModification",
    z.object({
      title: titleField().nullish(),
      description: descriptionField().nullish(),
      saml: samlBody().nullish(),
      slug: slugField().nullish(),
    }),
    {
      description:
        "A key left out stays; `null` clears description and saml, and leaves title and slug as they are.",
    },
  ),
);

/** An account as its reader may see it. */
export function toAccount(ctx: Context, { caller, account }: Access): ResponseBody<typeof accountSchema> {
  const may = (permission: Permission) =>
    caller.globalPermissions.has(permission) || roleGrants(account.callerRole ?? undefined, permission);
  const plan = planLimits[account.type];
  const saml = may("saml:read");
  return {
    id: account.uuid,
    slug: account.slug,
    title: account.title,
    type: account.type,
    description: account.description,
    can_manage_account: may("account:write"),
    current_users: account.memberCount,
    max_users: account.maxUsers ?? plan.maxUsers,
    current_kbs: account.currentKnowledgeBoxes,
    max_kbs: account.maxKnowledgeBoxes ?? plan.maxKnowledgeBoxes,
    blocking_state: blockingStateAt(account.blockingState, account.quotaUntil, ctx.now),
    blocked_features: account.blockedFeatures,
    limits: account.limits ?? { upload: null, usage: null },
    creation_date: formatTimestamp(account.createdAt),
    trial_expiration_date: formatTimestamp(account.trialExpiresAt),
    domain: saml ? account.samlDomain : null,
    saml_entity_id: saml ? account.samlEntityId : null,
    saml_sso_url: saml ? account.samlSsoUrl : null,
    saml_x509_cert: saml ? account.samlX509Cert : null,
    zone: account.zoneSlug,
    zone_visibility: "DEFAULT",
  };
}

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
