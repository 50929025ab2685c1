import { z } from "@hono/zod-openapi";

import { nameLength } from "../../domain/user.ts";
import type { Context } from "../../services/caller/context.ts";
import { type Group, listGroups } from "../../services/groups/groups.ts";
import { createUser, type UserFields } from "../../services/users/create.ts";
import { deleteUser } from "../../services/users/delete.ts";
import { listUsers } from "../../services/users/list.ts";
import { getUser, type UserProfile } from "../../services/users/profile.ts";
import { updateUser } from "../../services/users/update.ts";
import { authenticateBeforeRejecting } from "../authenticate.ts";
import { booleanField, emailField, groupsField, textField } from "../django/fields.ts";
import { pageParameters, parsePageRequest, toPage } from "../django/pagination.ts";
import {
  namedOrganization,
  organizationParameters,
  textFilter,
  uuidParameter,
} from "../django/parameters.ts";
import { json, pageSchema, responses } from "../django/responses.ts";
import { operation } from "../django/surface.ts";
import { lazy, type RequestBody, type ResponseBody, withSchemaName } from "../schema.ts";

const tag = "Users";
const path = "/accounts/users/";
const onePath = "/accounts/users/{uuid}/";
const example = {
  id: 7,
  uuid: "0b4b8c0e-7c0e-4b57-9d3d-0a4f2d6f7a10",
  email: "ada@example.com",
  first_name: "Ada",
  last_name: "Lovelace",
  groups: [],
  is_active: true,
};

/** A user in the organizations API. */
export const userSchema = lazy(() =>
  z
    .object({
      id: z.int(),
      uuid: z.uuid(),
      email: z.string(),
      first_name: z.string(),
      last_name: z.string(),
      groups: z
        .array(z.int())
        .openapi({ description: "A user has all permissions granted to each of their groups." }),
      is_active: z.boolean().openapi({ description: "Whether the user may sign in." }),
    })
    .openapi("OrganizationUser", { example }),
);

const nameField = lazy(() =>
  textField({
    name: true,
    max: nameLength,
    blank: true,
    description: "A name",
    example: "Ada",
  }),
);

const userBody = lazy(() =>
  withSchemaName(
    "OrganizationUserBody",
    z.object({
      email: emailField({ blank: true }).optional(),
      first_name: nameField().optional(),
      last_name: nameField().optional(),
      groups: groupsField().optional(),
      is_active: booleanField(
        "Whether the user may sign in. Unselect this instead of deleting accounts.",
      ).optional(),
    }),
  ),
);
const params = lazy(() => z.object({ uuid: uuidParameter() }));
const bodyExample = { email: "ada@example.com", first_name: "Ada", last_name: "Lovelace" };

operation(
  {
    id: "listUsers",
    method: "get",
    path,
    tag,
    summary: "List users",
    description:
      "Returns the caller and the users of the accounts that the caller owns, or all users with `users:read`. Ordered by id.",
    query: lazy(() =>
      z.object({
        search: textFilter("Words that must all occur in the e-mail address or names."),
        ...pageParameters(),
      }),
    ),
    responses: () => responses(json(200, "One page.", pageSchema("UserPage", userSchema())), 404),
  },
  async (ctx, { query, rawQuery }, c) => {
    const request = await authenticateBeforeRejecting(ctx, () => parsePageRequest(rawQuery, ["number"]));
    return c.json(toPage(ctx, c, await listUsers(ctx, query.search, request), toUser));
  },
);

operation(
  {
    id: "createUser",
    usesCurrentOrganization: true,
    idempotent: true,
    method: "post",
    path,
    tag,
    summary: "Create user",
    description:
      "Creates a user who has not signed in yet. An owner also adds them to the current organization. The first sign-in with this verified e-mail address becomes this user.",
    query: lazy(() => z.object(organizationParameters())),
    body: userBody,
    bodyExample,
    responses: () => responses(json(201, "The user.", userSchema()), 403, 404, 409, 415, 422),
  },
  async (ctx, { body }, c) =>
    c.json(toUser(await createUser(ctx, namedOrganization(c), () => readFields(body))), 201),
);

operation(
  {
    id: "retrieveUser",
    method: "get",
    path: onePath,
    tag,
    summary: "Retrieve user",
    description:
      "Returns the caller, a user of an account that the caller owns, or any user with `users:read`.",
    params,
    responses: () => responses(json(200, "The user.", userSchema()), 404),
  },
  async (ctx, input, c) => c.json(toUser(await getUser(ctx, input.params.uuid))),
);

operation(
  {
    id: "updateUser",
    method: "put",
    path: onePath,
    tag,
    summary: "Update user",
    description:
      "Updates the caller, or a user who has never signed in and is only a member of accounts that the caller owns, or any user with `users:write`. No field is required.",
    params,
    body: userBody,
    bodyExample,
    responses: () => responses(json(200, "The user.", userSchema()), 403, 404, 409, 415),
  },
  async (ctx, input, c) => c.json(await change(ctx, input.params.uuid, input.body)),
);

operation(
  {
    id: "partialUpdateUser",
    method: "patch",
    path: onePath,
    tag,
    summary: "Update part of a user",
    description: "Has the same rules as the full update. Omitted fields keep their values.",
    params,
    body: userBody,
    bodyExample: { first_name: "Ada" },
    responses: () => responses(json(200, "The user.", userSchema()), 403, 404, 409, 415),
  },
  async (ctx, input, c) => c.json(await change(ctx, input.params.uuid, input.body)),
);

operation(
  {
    id: "deleteUser",
    method: "delete",
    path: onePath,
    tag,
    summary: "Delete user",
    description:
      "Requires the same permission as an update. The only active owner of an organization cannot be deleted.",
    params,
    responses: () => responses({ 204: { description: "The user was deleted." } }, 403, 404, 409),
  },
  async (ctx, input, c) => {
    await deleteUser(ctx, input.params.uuid);
    return c.body(null, 204);
  },
);

async function change(ctx: Context, uuid: string, body: () => Promise<RequestBody<typeof userBody>>) {
  return toUser(await updateUser(ctx, uuid, () => readFields(body)));
}

async function readFields(body: () => Promise<RequestBody<typeof userBody>>): Promise<UserFields> {
  const { email, first_name, last_name, groups, is_active } = await body();
  return { email, firstName: first_name, lastName: last_name, groups, isActive: is_active };
}

/** Returns the representation of a user. */
export function toUser(user: UserProfile): ResponseBody<typeof userSchema> {
  return {
    id: user.id,
    uuid: user.uuid,
    email: user.email,
    first_name: user.firstName,
    last_name: user.lastName,
    groups: [...user.groups],
    is_active: user.isActive,
  };
}

const groupSchema = lazy(() =>
  z.object({ id: z.int(), name: z.string(), permissions: z.array(z.string()) }).openapi("Group", {
    example: { id: 2, name: "Metering", permissions: ["account:read", "usage:read", "usage:write"] },
  }),
);

operation(
  {
    id: "listGroups",
    method: "get",
    path: "/accounts/groups/",
    tag: "Groups",
    summary: "List groups",
    description:
      "Returns all groups, ordered by id, and the permissions that each grants on every organization.",
    query: lazy(() => z.object({ page: pageParameters().page, cursor: pageParameters().cursor })),
    responses: () => responses(json(200, "One page.", pageSchema("GroupPage", groupSchema())), 404),
  },
  async (ctx, { rawQuery }, c) => {
    const request = await authenticateBeforeRejecting(ctx, () =>
      parsePageRequest(rawQuery, ["number"], false),
    );
    return c.json(toPage(ctx, c, await listGroups(ctx, request), toGroup));
  },
);

function toGroup({ id, name, permissions }: Group): ResponseBody<typeof groupSchema> {
  return { id, name, permissions: [...permissions] };
}
