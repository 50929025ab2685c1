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
import { pageQuery, pageSchema, parsePageRequest, toPage } from "./pagination.ts";
import { operation } from "./surface.ts";

const tag = "Operator";
const exampleId = "0b4b8c0e-7c0e-4b57-9d3d-0a4f2d6f7a10";
const params = lazy(() =>
  z.object({
    id: withMetadata(uuid("The user's id."), { param: { name: "id", in: "path" }, example: exampleId }),
  }),
);
/** An operator is who the configuration names; nobody is made one here. */
const settableTypes = userTypes.filter((type) => type !== "ROOT");
/** Most groups one user is put into at once. */
const mostGroups = 100;

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
        .openapi({ description: "The address an issuer last vouched for, in its normal form." }),
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
      groups: listOf(integer({ min: 1, description: "A group's id." }), mostGroups)
        .transform((keys) => [...new Set(keys)].sort((left, right) => left - right))
        .optional(),
      is_active: boolean("Whether the user may sign in and counts as an owner.").optional(),
    }),
    { description: "A key left out stays." },
  ),
);

operation(
  {
    id: "listManagedUsers",
    method: "get",
    path: "/api/manage/@users",
    tag,
    summary: "List all users",
    description: "The oldest first; a search looks through addresses and names.",
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
    description: "A user with all that is set on them.",
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
    summary: "Set type, groups and activity",
    description: "A key left out stays. The only active owner of an account cannot be deactivated: 409.",
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

/** Groups there are not, told at the places that name them, as they were named there. */
function unknownGroups({ details }: DomainError, sent: unknown): InvalidRequest {
  const unknown = new Set(details.values?.map(Number));
  const { groups } = sent as { readonly groups: readonly unknown[] };
  return new InvalidRequest(
    groups.flatMap((input, at) =>
      unknown.has(Number(input))
        ? [{ ...valueError("This group does not exist."), loc: ["body", "groups", at], input }]
        : [],
    ),
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
