import { z } from "@hono/zod-openapi";

import { DomainError } from "../../domain/errors.ts";
import { formatTimestamp } from "../../domain/timestamp.ts";
import { joinName, languages, userTypes } from "../../domain/user.ts";
import {
  getManagedUser,
  listManagedUsers,
  type ManagedUser,
  updateManagedUser,
} from "../../services/operator/users.ts";
import { authenticateBeforeRejecting } from "../authenticate.ts";
import { readBody } from "../fastapi/body.ts";
import { boolean, integer, listOf, uuid } from "../fastapi/fields.ts";
import { json, responses } from "../fastapi/responses.ts";
import { InvalidRequest, valueError } from "../fastapi/validation.ts";
import { lazy, type ResponseBody, withMetadata, withSchemaName } from "../schema.ts";
import { operation, pageQuery, pageSchema, parsePageRequest, toPage } from "./surface.ts";

const tag = "Operator";
const exampleId = "0b4b8c0e-7c0e-4b57-9d3d-0a4f2d6f7a10";
const params = lazy(() =>
  z.object({
    id: withMetadata(uuid("Id of the user."), { param: { name: "id", in: "path" }, example: exampleId }),
  }),
);
/** Only the configuration makes a user an operator. */
const settableTypes = userTypes.filter((type) => type !== "ROOT");
/** Maximum number of groups in one request. */
const maxGroups = 100;

const userSchema = lazy(() =>
  z
    .object({
      id: z.uuid(),
      name: z.string(),
      first_name: z.string(),
      last_name: z.string(),
      email: z.string(),
      verified_email: z
        .string()
        .nullable()
        .openapi({ description: "The address that an issuer last verified, normalized." }),
      type: z.enum(userTypes),
      groups: z.array(z.int()),
      is_active: z.boolean(),
      language: z.enum(languages).nullable(),
      avatar: z.string().nullable(),
      last_login: z.iso.datetime().nullable(),
      creation_date: z.iso.datetime(),
    })
    .openapi("ManagedUser"),
);

const settingsBody = lazy(() =>
  withSchemaName(
    "UserSettings",
    z.object({
      type: z.enum(settableTypes).optional(),
      groups: listOf(integer({ min: 1, description: "Id of a group." }), maxGroups)
        .transform((keys) => [...new Set(keys)].sort((left, right) => left - right))
        .optional(),
      is_active: boolean("Whether the user may sign in and counts as an active owner.").optional(),
    }),
    { description: "Omitted fields keep their values." },
  ),
);

operation(
  {
    id: "listManagedUsers",
    method: "get",
    path: "/api/manage/@users",
    tag,
    summary: "List all users",
    description: "Returns all users, oldest first. The search covers e-mail addresses and names.",
    query: pageQuery,
    responses: () => responses(json(200, "One page.", pageSchema("ManagedUserPage", userSchema())), 403, 422),
  },
  async (ctx, { query }, c) => {
    const request = await authenticateBeforeRejecting(ctx, () => parsePageRequest(query, ["number"]));
    const page = await listManagedUsers(ctx, query.search, request);
    return c.json(toPage(page, present));
  },
);

operation(
  {
    id: "getManagedUser",
    method: "get",
    path: "/api/manage/@user/{id}",
    tag,
    summary: "Get any user",
    description: "Returns a user with all settings.",
    params,
    responses: () => responses(json(200, "The user.", userSchema()), 403, 404, 422),
  },
  async (ctx, input, c) => c.json(present(await getManagedUser(ctx, input.params.id))),
);

operation(
  {
    id: "updateManagedUser",
    method: "patch",
    path: "/api/manage/@user/{id}",
    tag,
    summary: "Modify any user",
    description:
      "Changes type, groups and activity. Omitted fields keep their values. The only active owner of an account cannot be deactivated (409).",
    params,
    body: settingsBody,
    bodyExample: { groups: [3] },
    responses: () => responses(json(200, "The user.", userSchema()), 400, 403, 404, 409, 422),
  },
  async (ctx, { params: { id }, body }, c) => {
    const settings = { type: body.type, groups: body.groups, isActive: body.is_active };
    const user = await updateManagedUser(ctx, id, settings).catch(async (error: unknown) => {
      const unknown = error instanceof DomainError && error.code === "group_unknown";
      throw unknown ? unknownGroups(error, await readBody(c)) : error;
    });
    return c.json(present(user));
  },
);

/** Returns a validation error for each entry of `groups` that does not exist. */
function unknownGroups({ details }: DomainError, sent: unknown): InvalidRequest {
  const unknown = new Set(details.values?.map(Number));
  const { groups } = sent as { readonly groups: readonly unknown[] };
  return new InvalidRequest(
    groups.flatMap((input, at) =>
      unknown.has(Number(input))
        ? [{ ...valueError("This group does not exist."), loc: ["body", "groups", at], input }]
        : [],
    ),
    "group_unknown",
  );
}

function present(user: ManagedUser): ResponseBody<typeof userSchema> {
  return {
    id: user.uuid,
    name: joinName(user.firstName, user.lastName),
    first_name: user.firstName,
    last_name: user.lastName,
    email: user.email,
    verified_email: user.verifiedEmail,
    type: user.type,
    groups: [...user.groups],
    is_active: user.isActive,
    language: user.language,
    avatar: user.avatar,
    last_login: formatTimestamp(user.lastLogin),
    creation_date: formatTimestamp(user.createdAt),
  };
}
