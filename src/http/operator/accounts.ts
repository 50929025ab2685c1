import { z } from "@hono/zod-openapi";

import { AccountName } from "../../services/accounts/access.ts";
import { getAccount } from "../../services/accounts/get.ts";
import { accountListKeys } from "../../services/accounts/list.ts";
import { blockAccount, listManagedAccounts, updateManagedAccount } from "../../services/operator/accounts.ts";
import { authenticateBeforeRejecting } from "../authenticate.ts";
import { ifMatchVersions, respondWithEtag } from "../etag.ts";
import { json, responses } from "../fastapi/responses.ts";
import { lazy } from "../lazy.ts";
import { withMetadata } from "../openapi/metadata.ts";
import { accountSettingsBody, blockBody, managedAccountSchema, toManagedAccount } from "./account-schemas.ts";
import { pageQuery, pageSchema, parsePageRequest, toPage } from "./pagination.ts";
import { operation } from "./surface.ts";

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
