import { z } from "@hono/zod-openapi";

import { AccountName } from "../../services/accounts/access.ts";
import { createAccount } from "../../services/accounts/create.ts";
import { getAccount } from "../../services/accounts/get.ts";
import { accountListKeys, listAccounts } from "../../services/accounts/list.ts";
import { deleteAccount, updateAccount } from "../../services/accounts/update.ts";
import type { Context } from "../../services/caller/context.ts";
import type { AppContext } from "../app-env.ts";
import { authenticateBeforeRejecting } from "../authenticate.ts";
import { pageParameters, parsePageRequest, toPage } from "../django/pagination.ts";
import { idFilter, textFilter, uuidFilter, uuidParameter } from "../django/parameters.ts";
import { json, pageSchema, responses } from "../django/responses.ts";
import { operation } from "../django/surface.ts";
import { ifMatchVersions, respondWithEtag } from "../etag.ts";
import { lazy } from "../lazy.ts";
import { limitSlugs } from "../rate-limit.ts";
import {
  organizationBody,
  organizationChanges,
  organizationSchema,
  toOrganization,
} from "./organization-schemas.ts";

const tag = "Organizations";
const params = lazy(() => z.object({ uuid: uuidParameter() }));
const bodyExample = { name: "Acme", slug: "acme" };

operation(
  {
    id: "listOrganizations",
    method: "get",
    path: "/accounts/organizations/",
    tag,
    summary: "List organizations",
    description:
      "The caller's organizations, or all with `account:read` on every account; by name, a searched list by id.",
    query: lazy(() =>
      z.object({
        id: idFilter(),
        uuid: uuidFilter(),
        name: textFilter("Only those with exactly this name."),
        slug: textFilter("Only the one with this slug."),
        search: textFilter("Terms that must all be found in name or slug."),
        ...pageParameters(),
      }),
    ),
    responses: () =>
      responses(json(200, "One page.", pageSchema("OrganizationPage", organizationSchema())), 404),
  },
  async (ctx, { query, rawQuery }, c) => {
    const filter = {
      id: query.id,
      uuid: query.uuid,
      name: query.name,
      slug: query.slug,
      search: query.search,
    };
    const request = await authenticateBeforeRejecting(ctx, () =>
      parsePageRequest(rawQuery, accountListKeys(filter)),
    );
    const page = await listAccounts(ctx, filter, request);
    return c.json(toPage(ctx, c, page, (row) => toOrganization(ctx, row)));
  },
);

operation(
  {
    id: "createOrganization",
    idempotent: true,
    method: "post",
    path: "/accounts/organizations/",
    tag,
    rateLimit: limitSlugs,
    summary: "Create organization",
    description: "Makes an organization; the caller becomes its owner.",
    body: organizationBody,
    bodyExample,
    responses: () => responses(json(201, "The organization.", organizationSchema()), 403, 409, 415, 422),
  },
  async (ctx, { body }, c) => {
    const { name, slug } = await authenticateBeforeRejecting(ctx, body);
    const made = await createAccount(ctx, { title: name, slug });
    return c.json(toOrganization(ctx, { ...made, logoHash: null }), 201);
  },
);

operation(
  {
    id: "retrieveOrganization",
    etag: true,
    method: "get",
    path: "/accounts/organizations/{uuid}/",
    tag,
    summary: "Retrieve organization",
    description: "For members.",
    params,
    responses: () => responses(json(200, "The organization.", organizationSchema()), 404),
  },
  async (ctx, input, c) => {
    const { account } = await getAccount(ctx, new AccountName(input.params.uuid));
    return respondWithEtag(c, account, toOrganization(ctx, account));
  },
);

operation(
  {
    id: "updateOrganization",
    etag: true,
    method: "put",
    path: "/accounts/organizations/{uuid}/",
    tag,
    summary: "Update organization",
    description: "For owners; name and slug are both required.",
    params,
    body: organizationBody,
    bodyExample,
    responses: () => responses(json(200, "The organization.", organizationSchema()), 403, 404, 409, 415, 412),
  },
  (ctx, input, c) => update(ctx, c, input.params.uuid, input.body),
);

operation(
  {
    id: "partialUpdateOrganization",
    etag: true,
    method: "patch",
    path: "/accounts/organizations/{uuid}/",
    tag,
    summary: "Update part of an organization",
    description: "For owners; what is left out stays.",
    params,
    body: organizationChanges,
    bodyExample: { name: "Acme Ltd" },
    responses: () => responses(json(200, "The organization.", organizationSchema()), 403, 404, 409, 415, 412),
  },
  (ctx, input, c) => update(ctx, c, input.params.uuid, input.body),
);

operation(
  {
    id: "deleteOrganization",
    etag: true,
    method: "delete",
    path: "/accounts/organizations/{uuid}/",
    tag,
    summary: "Delete organization",
    description:
      "For owners. Everything of the organization goes: members, invitations, logo, usage, history.",
    params,
    responses: () => responses({ 204: { description: "It is gone." } }, 403, 404, 409, 412),
  },
  async (ctx, input, c) => {
    await deleteAccount(ctx, new AccountName(input.params.uuid), ifMatchVersions(c));
    return c.body(null, 204);
  },
);

async function update(
  ctx: Context,
  c: AppContext,
  uuid: string,
  body: () => Promise<{ name?: string | undefined; slug?: string | undefined }>,
): Promise<Response> {
  const readChanges = async () => {
    const { name, slug } = await body();
    if (slug !== undefined) await limitSlugs(c, ctx.principal);
    return { title: name, slug };
  };
  const { account } = await updateAccount(ctx, new AccountName(uuid), readChanges, ifMatchVersions(c));
  return respondWithEtag(c, account, toOrganization(ctx, account));
}
