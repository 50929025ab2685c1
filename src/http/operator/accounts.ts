/** Accounts as the operator sees and configures them. */
import { z } from "@hono/zod-openapi";

import { blockedFeatures, settableBlockingStates, usageEnforcements } from "../../domain/account.ts";
import { planLimits, plans, uploadLimits, usageLimits } from "../../domain/plan.ts";
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
import { accountFields, toAccountFields } from "../fastapi/resources.ts";
import { json, responses } from "../fastapi/responses.ts";
import { lazy, type ResponseBody, withMetadata, withSchemaName } from "../schema.ts";
import { operation, pageQuery, pageSchema, parsePageRequest, toPage } from "./surface.ts";

const limit = () => z.int().nullable();

const managedAccountSchema = lazy(() =>
  z
    .object({
      ...accountFields(),
      email: z.string().nullable(),
      current_usage: z
        .int()
        .openapi({ description: "Usage of this month, as last reported by the counter." }),
      max_users: limit().openapi({ description: "The account's own limit; null for the plan's." }),
      max_kbs: limit().openapi({ description: "The account's own limit; null for the plan's." }),
      usage_limit: limit().openapi({
        description: "The account's own limit per month; null for the plan's.",
      }),
      effective: z.object({ max_users: limit(), max_kbs: limit(), usage_limit: limit() }).openapi({
        description: "The limits in effect: the account's own or the plan's; null for no limit.",
      }),
      usage_enforcement: z.enum(usageEnforcements),
      idp_route: z.string().nullable(),
    })
    .openapi("ManagedAccount"),
);

function limitsOf<Name extends string>(names: readonly Name[]) {
  const field = orNull(integer({ min: 0, description: "The limit; null for none." }), "integer");
  return z
    .object(Object.fromEntries(names.map((name) => [name, field])) as Record<Name, typeof field>)
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
        integer({
          min: 0,
          description: "Maximum number of members and pending invitations; null for the plan's.",
        }),
        "integer",
      ),
      max_kbs: orNull(
        integer({ min: 0, description: "Maximum number of knowledge boxes; null for the plan's." }),
        "integer",
      ),
      limits: z
        .object({ upload: limitsOf(uploadLimits).nullish(), usage: limitsOf(usageLimits).nullish() })
        .nullish(),
      usage_limit: orNull(
        integer({ min: 0, description: "Maximum usage per month; null for the plan's." }),
        "integer",
      ),
      usage_enforcement: z.enum(usageEnforcements).optional(),
      trial_expiration_date: orNull(dateTime("End of the trial; null for no end."), "string"),
      idp_route: text({
        min: 1,
        max: 200,
        pattern: "^[a-zA-Z0-9._-]+$",
        description: "Route of the identity provider in a login hint; null for the slug.",
        example: "acme",
      }).nullish(),
    }),
    { description: "Omitted fields keep their values." },
  ),
);

const blockBody = lazy(() =>
  withSchemaName(
    "AccountBlock",
    z.object({
      blocking_state: z.enum(settableBlockingStates).optional(),
      blocked_features: listOf(z.enum(blockedFeatures), blockedFeatures.length).optional(),
    }),
    { description: "Omitted fields keep their values." },
  ),
);

function toManagedAccount(account: ManagedAccount, now: number): ResponseBody<typeof managedAccountSchema> {
  const plan = planLimits[account.type];
  return {
    ...toAccountFields(account, now),
    email: account.email,
    current_usage: account.usagePeriod === periodOf(now).start ? account.usage : 0,
    max_users: account.maxUsers,
    max_kbs: account.maxKnowledgeBoxes,
    usage_limit: account.usageLimit,
    effective: {
      max_users: account.maxUsers ?? plan.maxUsers,
      max_kbs: account.maxKnowledgeBoxes ?? plan.maxKnowledgeBoxes,
      usage_limit: account.usageLimit ?? plan.monthlyUsage,
    },
    usage_enforcement: account.usageEnforcement,
    idp_route: account.idpRoute,
  };
}

const tag = "Operator";
const params = lazy(() =>
  z.object({
    id_or_slug: withMetadata(z.string(), {
      param: { name: "id_or_slug", in: "path" },
      description: "Slug of the account, ignoring case, or its id.",
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
    description:
      "Returns all accounts ordered by title. A search in title and slug returns the oldest first.",
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
    description: "Returns an account with all its settings.",
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
      "Changes plan and limits. Omitted fields keep their values. A plan without trial ends the trial. Ending or extending the trial also removes a block for an expired trial.",
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
      "Blocks or unblocks an account. A blocked account is read-only. The state `quota` is derived from usage and cannot be set. Unblocking an account after its trial ends the trial.",
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
