/** Accounts, and their representation in the accounts API. */
import { z } from "@hono/zod-openapi";

import { descriptionLength, titleLength } from "../../domain/account.ts";
import { type Permission, roleGrants } from "../../domain/permissions.ts";
import { planLimits } from "../../domain/plan.ts";
import { type Access, AccountName } from "../../services/accounts/access.ts";
import {
  type AccountChanges,
  createAccount,
  deleteAccount,
  updateAccount,
} from "../../services/accounts/change.ts";
import { getAccount, isSlugAvailable } from "../../services/accounts/get.ts";
import { listMemberAccounts } from "../../services/accounts/list.ts";
import type { Context } from "../../services/caller/context.ts";
import { computeEtag, ifMatchVersions, respondWithEtag } from "../etag.ts";
import { email, slug as slugField, text } from "../fastapi/fields.ts";
import { accountFields, toAccountFields } from "../fastapi/resources.ts";
import { empty, json, responses } from "../fastapi/responses.ts";
import { limitSlugs } from "../rate-limit.ts";
import { lazy, type ResponseBody, withSchemaName } from "../schema.ts";
import { samlBody } from "./saml.ts";
import { accountBySlugOrId, exampleAccountId, operation } from "./surface.ts";

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
      ...accountFields(),
      can_manage_account: z.boolean().openapi({ description: "Whether the caller may modify the account." }),
      max_users: z.int().nullable().openapi({
        description: "Maximum number of members and pending invitations; null for no limit.",
      }),
      max_kbs: z.int().nullable(),
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
  text({ name: true, min: 1, max: titleLength, description: "Display name.", example: "Acme" }),
);
const descriptionField = lazy(() =>
  text({ max: descriptionLength, lines: true, description: "Description of the account." }),
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
        description: "Id or slug of the account's zone. It cannot be changed later.",
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
        "Omitted fields keep their values. `null` clears description and saml; `title: null` and `slug: null` change nothing.",
    },
  ),
);

/** Returns the representation of an account. SAML settings are null without `saml:read`. */
export function toAccount(ctx: Context, { caller, account }: Access): ResponseBody<typeof accountSchema> {
  const may = (permission: Permission) =>
    caller.globalPermissions.has(permission) || roleGrants(account.callerRole ?? undefined, permission);
  const plan = planLimits[account.type];
  return {
    ...toAccountFields(account, ctx.now),
    ...(may("saml:read") ? {} : hiddenSaml),
    can_manage_account: may("account:write"),
    max_users: account.maxUsers ?? plan.maxUsers,
    max_kbs: account.maxKnowledgeBoxes ?? plan.maxKnowledgeBoxes,
    zone_visibility: "DEFAULT",
  };
}

const hiddenSaml = { domain: null, saml_entity_id: null, saml_sso_url: null, saml_x509_cert: null };

const tag = "Accounts";

operation(
  {
    id: "listAccounts",
    method: "get",
    path: "/api/v1/accounts",
    tag,
    summary: "List accounts",
    description: "Returns the accounts that the caller is a member of, ordered by title.",
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
    description: "Creates an account. The caller becomes its owner.",
    body: accountCreationBody,
    bodyExample: { slug: "acme", title: "Acme", zone: "europe-1" },
    responses: () =>
      responses(json(201, "The account was created.", createdAccountSchema()), 400, 403, 409, 422),
  },
  async (ctx, { body }, c) => {
    const created = await createAccount(ctx, { ...body, title: body.title ?? body.slug });
    return c.json({ id: created.uuid }, 201);
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
    description: "Requires membership. SAML fields are null for callers without `saml:read`.",
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
    description:
      "Requires the role AOWNER. Omitted fields keep their values. `saml: null` removes single sign-on.",
    params: accountBySlugOrId,
    body: accountModificationBody,
    bodyExample: { title: "Acme Ltd", description: null },
    responses: () =>
      responses(json(200, "The account was modified.", z.null()), 400, 403, 404, 409, 422, 412),
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
    description:
      "Requires the role AOWNER. Deletes all data of the account: members, invitations, logo, usage and audit log.",
    params: accountBySlugOrId,
    responses: () => responses(empty("The account was deleted."), 403, 404, 409, 412),
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
    summary: "Check slug availability",
    description: "Returns whether an account can be created with this slug.",
    params: accountBySlugOrId,
    responses: () =>
      responses(
        json(200, "Availability of the slug.", z.object({ available: z.boolean() }).openapi("SlugStatus"), {
          available: true,
        }),
      ),
  },
  async (ctx, { params }, c) => c.json({ available: await isSlugAvailable(ctx, params.slug) }),
);
