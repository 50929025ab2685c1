/** Organizations, their representation, and their portal. */
import { z } from "@hono/zod-openapi";

import { isReservedSlug, slugLength, titleLength } from "../../domain/account.ts";
import { normalizeName } from "../../domain/text.ts";
import { AccountName } from "../../services/accounts/access.ts";
import { createAccount, deleteAccount, updateAccount } from "../../services/accounts/change.ts";
import { findPortal, getAccount } from "../../services/accounts/get.ts";
import { accountListKeys, listAccounts } from "../../services/accounts/list.ts";
import type { Context } from "../../services/caller/context.ts";
import type { AppContext } from "../app-env.ts";
import { authenticateBeforeRejecting } from "../authenticate.ts";
import { textField } from "../django/fields.ts";
import { pageParameters, parsePageRequest, toPage } from "../django/pagination.ts";
import {
  idFilter,
  namedOrganization,
  organizationParameters,
  textFilter,
  uuidFilter,
  uuidParameter,
} from "../django/parameters.ts";
import { json, pageSchema, responses } from "../django/responses.ts";
import { operation } from "../django/surface.ts";
import { ifMatchVersions, respondWithEtag } from "../etag.ts";
import { limitSlugs } from "../rate-limit.ts";
import { lazy, type ResponseBody, withSchemaName } from "../schema.ts";

const example = {
  uuid: "7e0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f11",
  name: "Acme",
  slug: "acme",
  account_portal_url: "https://accounts.example.com/portal/acme",
  logo_url:
    "https://accounts.example.com/api/v1/account/acme/logo.png?account_id=7e0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f11",
};

const organizationSchema = lazy(() =>
  z
    .object({
      uuid: z.uuid(),
      name: z.string(),
      slug: z.string(),
      account_portal_url: z.url(),
      logo_url: z
        .url()
        .nullable()
        .openapi({ description: "URL of the logo. Requires the same token. Null if there is no logo." }),
    })
    .openapi("Organization", { example }),
);

const nameField = lazy(() =>
  textField({
    name: true,
    max: titleLength,
    description: "The name of the organization",
    example: "Acme",
  }),
);

const slugField = lazy(() =>
  textField({
    max: slugLength,
    description: "The name in all lowercase, suitable for URL identification",
    example: "acme",
    pattern: "^[-a-zA-Z0-9_]+$",
    check: (value) => {
      if (!/^[-a-zA-Z0-9_]+$/.test(value)) {
        return ['Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.'];
      }
      return isReservedSlug(value) ? ["This slug is reserved."] : [];
    },
  }),
);

const organizationBody = lazy(() =>
  withSchemaName("OrganizationBody", z.object({ name: nameField(), slug: slugField() }), {
    required: ["name", "slug"],
  }),
);
const organizationChanges = lazy(() =>
  withSchemaName(
    "OrganizationChanges",
    z.object({ name: nameField().optional(), slug: slugField().optional() }),
  ),
);

function toOrganization(
  ctx: Context,
  account: { uuid: string; title: string; slug: string; logoHash: string | null },
): ResponseBody<typeof organizationSchema> {
  const { uuid, title, slug } = account;
  const { publicUrl } = ctx.settings;
  return {
    uuid,
    name: title,
    slug,
    account_portal_url: `${publicUrl}/portal/${slug}`,
    logo_url: logoUrl(publicUrl, account),
  };
}

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
      "Returns the caller's organizations, or all with the permission `account:read` on every account. Ordered by name; search results by id.",
    query: lazy(() =>
      z.object({
        id: idFilter(),
        uuid: uuidFilter(),
        name: textFilter("Returns only organizations with exactly this name."),
        slug: textFilter("Returns only the organization with this slug."),
        search: textFilter("Words that must all occur in name or slug."),
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
      name: query.name === undefined ? undefined : normalizeName(query.name),
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
    description: "Creates an organization. The caller becomes its owner.",
    body: organizationBody,
    bodyExample,
    responses: () => responses(json(201, "The organization.", organizationSchema()), 403, 409, 415, 422),
  },
  async (ctx, { body }, c) => {
    const { name, slug } = await authenticateBeforeRejecting(ctx, body);
    const created = await createAccount(ctx, { title: name, slug });
    return c.json(toOrganization(ctx, { ...created, logoHash: null }), 201);
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
    description: "Returns an organization. Requires membership.",
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
    description: "Replaces name and slug. Requires the role AOWNER.",
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
    description: "Changes name or slug. Requires the role AOWNER. Omitted fields keep their values.",
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
      "Requires the role AOWNER. Deletes all data of the organization: members, invitations, logo, usage and audit log.",
    params,
    responses: () => responses({ 204: { description: "The organization was deleted." } }, 403, 404, 409, 412),
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

/** Returns the URL of an account's logo; null if there is none. */
function logoUrl(
  publicUrl: string,
  {
    uuid,
    slug,
    logoHash,
  }: { readonly uuid: string; readonly slug: string; readonly logoHash: string | null },
): string | null {
  return logoHash === null ? null : `${publicUrl}/api/v1/account/${slug}/logo.png?account_id=${uuid}`;
}

const portalSchema = lazy(() =>
  z
    .object({ account_portal_url: z.url().nullable() })
    .openapi("Portal", { example: { account_portal_url: "https://accounts.example.com/portal/acme" } }),
);

operation(
  {
    id: "getPortal",
    usesCurrentOrganization: true,
    method: "get",
    path: "/accounts/portal/",
    tag: "Portal",
    summary: "Get portal",
    description:
      "Returns the portal of the current organization: the specified one, else the caller's only one. Null if none is specified and the caller is a member of none or of several.",
    query: lazy(() => z.object(organizationParameters())),
    responses: () => responses(json(200, "The portal.", portalSchema()), 404),
  },
  async (ctx, _input, c) => {
    const slug = await findPortal(ctx, namedOrganization(c));
    const url = slug === undefined ? null : `${ctx.settings.publicUrl}/portal/${slug}`;
    return c.json({ account_portal_url: url }, 200);
  },
);
