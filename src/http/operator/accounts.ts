/** Accounts as the operator sees and sets them. */
import { z } from "@hono/zod-openapi";

import {
  blockedFeatures,
  blockingStateAt,
  blockingStates,
  settableBlockingStates,
  usageEnforcements,
} from "../../domain/account.ts";
import { uploadLimits, usageLimits } from "../../domain/limits.ts";
import { planLimits, plans } from "../../domain/plan.ts";
import { formatTimestamp } from "../../domain/timestamp.ts";
import { periodOf } from "../../domain/usage/buckets.ts";
import { AccountName } from "../../services/accounts/access.ts";
import { getAccount } from "../../services/accounts/get.ts";
import { accountListKeys } from "../../services/accounts/list.ts";
import {
  blockAccount,
  listManagedAccounts,
  type ManagedAccount,
  updateManagedAccount,
} from "../../services/operator/accounts.ts";
import { authenticateBeforeRejecting } from "../authenticate.ts";
import { ifMatchVersions, respondWithEtag } from "../etag.ts";
import { dateTime, integer, listOf, orNull, text } from "../fastapi/fields.ts";
import { limitsSchema } from "../fastapi/limits.ts";
import { json, responses } from "../fastapi/responses.ts";
import { lazy, type ResponseBody, withMetadata, withSchemaName } from "../schema.ts";
import { pageQuery, pageSchema, parsePageRequest, toPage } from "./pagination.ts";
import { operation } from "./surface.ts";

const count = () => z.int().nullable();
const time = () => z.iso.datetime();
const overrides = () => ({
  max_users: count().openapi({ description: "The account's own; null: the plan's." }),
  max_kbs: count().openapi({ description: "The account's own; null: the plan's." }),
  usage_limit: count().openapi({ description: "The account's own, a month; null: the plan's." }),
});

const managedAccountSchema = lazy(() =>
  z
    .object({
      id: z.uuid(),
      slug: z.string(),
      title: z.string(),
      description: z.string().nullable(),
      email: z.string().nullable(),
      type: z.enum(plans),
      zone: z.string().nullable().openapi({ description: "The slug of the zone it is placed in." }),
      creation_date: time(),
      trial_expiration_date: time().nullable(),
      current_users: z.int(),
      current_kbs: z.int(),
      current_usage: z.int().openapi({ description: "This month's, as last told by the account's counter." }),
      ...overrides(),
      effective: z
        .object({ max_users: count(), max_kbs: count(), usage_limit: count() })
        .openapi({ description: "What holds: the account's own, else the plan's; null: without limit." }),
      limits: limitsSchema(),
      usage_enforcement: z.enum(usageEnforcements),
      blocking_state: z.enum(blockingStates),
      blocked_features: z.array(z.enum(blockedFeatures)),
      idp_route: z.string().nullable(),
      domain: z.string().nullable(),
      saml_entity_id: z.string().nullable(),
      saml_sso_url: z.string().nullable(),
      saml_x509_cert: z.string().nullable(),
    })
    .openapi("ManagedAccount"),
);

function limitsOf<Name extends string>(names: readonly Name[]) {
  const limit = orNull(integer({ min: 0, description: "Null: no limit is told." }), "integer");
  return z
    .object(Object.fromEntries(names.map((name) => [name, limit])) as Record<Name, typeof limit>)
    .transform((given) => {
      const none = Object.fromEntries(names.map((name) => [name, null]));
      return { ...none, ...given } as Record<Name, number | null>;
    });
}

const accountSettingsBody = lazy(() =>
  withSchemaName(
    "AccountSettings",
    z.object({
      type: z.enum(plans).optional(),
      max_users: orNull(
        integer({ min: 0, description: "Members and pending invitations; null: the plan's." }),
        "integer",
      ),
      max_kbs: orNull(integer({ min: 0, description: "Knowledge boxes; null: the plan's." }), "integer"),
      limits: z
        .object({ upload: limitsOf(uploadLimits).nullish(), usage: limitsOf(usageLimits).nullish() })
        .nullish(),
      usage_limit: orNull(integer({ min: 0, description: "Usage a month; null: the plan's." }), "integer"),
      usage_enforcement: z.enum(usageEnforcements).optional(),
      trial_expiration_date: orNull(dateTime("When the trial ends; null: it has no end."), "string"),
      idp_route: text({
        min: 1,
        max: 200,
        pattern: "^[a-zA-Z0-9._-]+$",
        description: "The identity provider's route of a login hint; null: the slug.",
        example: "acme",
      }).nullish(),
    }),
    { description: "A key left out stays." },
  ),
);

const blockBody = lazy(() =>
  withSchemaName(
    "AccountBlock",
    z.object({
      blocking_state: z.enum(settableBlockingStates).optional(),
      blocked_features: listOf(z.enum(blockedFeatures), blockedFeatures.length).optional(),
    }),
    { description: "A key left out stays." },
  ),
);

function toManagedAccount(account: ManagedAccount, now: number): ResponseBody<typeof managedAccountSchema> {
  const plan = planLimits[account.type];
  return {
    id: account.uuid,
    slug: account.slug,
    title: account.title,
    description: account.description,
    email: account.email,
    type: account.type,
    zone: account.zoneSlug,
    creation_date: formatTimestamp(account.createdAt),
    trial_expiration_date: formatTimestamp(account.trialExpiresAt),
    current_users: account.memberCount,
    current_kbs: account.currentKnowledgeBoxes,
    current_usage: account.usagePeriod === periodOf(now).start ? account.usage : 0,
    max_users: account.maxUsers,
    max_kbs: account.maxKnowledgeBoxes,
    usage_limit: account.usageLimit,
    effective: {
      max_users: account.maxUsers ?? plan.maxUsers,
      max_kbs: account.maxKnowledgeBoxes ?? plan.maxKnowledgeBoxes,
      usage_limit: account.usageLimit ?? plan.monthlyUsage,
    },
    limits: account.limits ?? { upload: null, usage: null },
    usage_enforcement: account.usageEnforcement,
    blocking_state: blockingStateAt(account.blockingState, account.quotaUntil, now),
    blocked_features: account.blockedFeatures,
    idp_route: account.idpRoute,
    domain: account.samlDomain,
    saml_entity_id: account.samlEntityId,
    saml_sso_url: account.samlSsoUrl,
    saml_x509_cert: account.samlX509Cert,
  };
}

const tag = "Operator";
const params = lazy(() =>
  z.object({
    id_or_slug: withMetadata(z.string(), {
      param: { name: "id_or_slug", in: "path" },
      description: "The account's slug, in any case, or its id.",
      example: "acme",
    }),
  }),
);

operation(
  {
    id: "listManagedAccounts",
    method: "get",
    path: "/api/manage/@accounts",
    tag,
    summary: "List all accounts",
    description: "By title; those a search finds in title or slug, the oldest first.",
    query: pageQuery,
    responses: () =>
      responses(json(200, "One page.", pageSchema("ManagedAccountPage", managedAccountSchema())), 403, 422),
  },
  async (ctx, { query }, c) => {
    const request = await authenticateBeforeRejecting(ctx, () =>
      parsePageRequest(query, accountListKeys(query)),
    );
    const page = await listManagedAccounts(ctx, query.search, request);
    return c.json(toPage(page, (account) => toManagedAccount(account, ctx.now)));
  },
);

operation(
  {
    id: "getManagedAccount",
    etag: true,
    method: "get",
    path: "/api/manage/@account/{id_or_slug}",
    tag,
    summary: "Get any account",
    description: "An account with all that is set on it.",
    params,
    responses: () => responses(json(200, "The account.", managedAccountSchema()), 403, 404),
  },
  async (ctx, input, c) => {
    const { account } = await getAccount(ctx, new AccountName(input.params.id_or_slug));
    return respondWithEtag(c, account, toManagedAccount(account, ctx.now));
  },
);

operation(
  {
    id: "updateManagedAccount",
    etag: true,
    method: "patch",
    path: "/api/manage/@account/{id_or_slug}",
    tag,
    summary: "Set plan and limits",
    description:
      "A key left out stays. With a plan that is no trial the trial ends; a block for an expired trial ends with it, or with a later end of it.",
    params,
    body: accountSettingsBody,
    bodyExample: { type: "v3growth", usage_limit: 5_000_000 },
    responses: () =>
      responses(json(200, "The account.", managedAccountSchema()), 400, 403, 404, 409, 412, 422),
  },
  async (ctx, { params: { id_or_slug: name }, body }, c) => {
    const { upload, usage } = body.limits ?? {};
    const limits = {
      ...(upload === undefined ? {} : { upload }),
      ...(usage === undefined ? {} : { usage }),
    };
    const settings = {
      type: body.type,
      maxUsers: body.max_users,
      maxKnowledgeBoxes: body.max_kbs,
      usageLimit: body.usage_limit,
      limits: body.limits == null ? body.limits : limits,
      usageEnforcement: body.usage_enforcement,
      trialExpiresAt: body.trial_expiration_date,
      idpRoute: body.idp_route,
    };
    const account = await updateManagedAccount(ctx, new AccountName(name), settings, ifMatchVersions(c));
    return respondWithEtag(c, account, toManagedAccount(account, ctx.now));
  },
);

operation(
  {
    id: "blockAccount",
    etag: true,
    method: "patch",
    path: "/api/manage/@account/{id_or_slug}/blocking_status",
    tag,
    summary: "Block or unblock",
    description:
      "A blocked account answers reads only. `quota` is set by usage alone. Unblocked after its trial, an account is on trial no longer.",
    params,
    body: blockBody,
    bodyExample: { blocking_state: "manager" },
    responses: () =>
      responses(json(200, "The account.", managedAccountSchema()), 400, 403, 404, 409, 412, 422),
  },
  async (ctx, { params: { id_or_slug: name }, body }, c) => {
    const block = { blockingState: body.blocking_state, blockedFeatures: body.blocked_features };
    const account = await blockAccount(ctx, new AccountName(name), block, ifMatchVersions(c));
    return respondWithEtag(c, account, toManagedAccount(account, ctx.now));
  },
);
