import { z } from "@hono/zod-openapi";

import { accountRoles } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { permissions } from "../../domain/permissions.ts";
import { joinName } from "../../domain/user.ts";
import { AccountName } from "../../services/accounts/access.ts";
import { listPermissions } from "../../services/accounts/get.ts";
import { getMember, listMembers, type Member, searchMembers } from "../../services/members/find.ts";
import { removeMember, updateMembers } from "../../services/members/update.ts";
import { readBody } from "../fastapi/body.ts";
import { listOf, uuid } from "../fastapi/fields.ts";
import { empty, json, responses } from "../fastapi/responses.ts";
import { addIssue, InvalidRequest, valueError } from "../fastapi/validation.ts";
import { lazy, type ResponseBody, withMetadata, withSchemaName } from "../schema.ts";
import { accountBySlugOrId, operation } from "./surface.ts";

const tag = "Members";
const exampleId = "0b4b8c0e-7c0e-4b57-9d3d-0a4f2d6f7a10";
const example = { id: exampleId, name: "Ada Lovelace", email: "ada@example.com", role: "AOWNER" };

/** Maximum number of users in `add` and in `delete`. */
const maxUsers = 1_000;

const memberSchema = lazy(() =>
  z
    .object({ id: z.uuid(), name: z.string(), email: z.string(), role: z.enum(accountRoles) })
    .openapi("AccountUser", { example }),
);

const oneMember = lazy(() =>
  accountBySlugOrId().extend({
    user_id: withMetadata(uuid("Id of the user."), {
      param: { name: "user_id", in: "path" },
      example: exampleId,
    }),
  }),
);

const memberChanges = lazy(() =>
  withSchemaName(
    "AccountUsersUpdate",
    z
      .object({
        add: listOf(
          z.object({ id: uuid("Id of the user."), role: z.enum(accountRoles) }),
          maxUsers,
        ).nullish(),
        delete: listOf(uuid("Id of the user."), maxUsers).nullish(),
      })
      .superRefine(({ add, delete: removed }, context) => {
        const listed = new Set<string>(removed ?? []);
        for (const [at, { id }] of (add ?? []).entries()) {
          if (listed.has(id)) addIssue(context, valueError("This user is listed twice."), ["add", at, "id"]);
          listed.add(id);
        }
      }),
    {
      description:
        "Users to add or to give another role, and users to remove. A user must not be in both lists.",
    },
  ),
);

operation(
  {
    id: "getMember",
    method: "get",
    path: "/api/v1/account/{slug}/user/{user_id}",
    tag,
    summary: "Get member",
    description: "Returns one member. Requires membership.",
    params: oneMember,
    responses: () => responses(json(200, "The member.", memberSchema()), 403, 404, 422),
  },
  async (ctx, { params }, c) =>
    c.json(present(await getMember(ctx, new AccountName(params.slug), params.user_id))),
);

operation(
  {
    id: "removeMember",
    method: "delete",
    path: "/api/v1/account/{slug}/user/{user_id}",
    tag,
    summary: "Remove member",
    description:
      "Removes a member from the account. Allowed for that member and for the role AOWNER, also on a blocked account. The last owner cannot be removed.",
    params: oneMember,
    responses: () => responses(empty("The member was removed."), 403, 404, 409, 422),
  },
  async (ctx, { params }, c) => {
    await removeMember(ctx, new AccountName(params.slug), params.user_id);
    return c.body(null, 204);
  },
);

operation(
  {
    id: "listMembers",
    method: "get",
    path: "/api/v1/account/{slug}/users",
    tag,
    summary: "List members",
    description: "Returns all members in the order in which they joined. Requires the role AOWNER.",
    params: accountBySlugOrId,
    responses: () => responses(json(200, "The members.", z.array(memberSchema())), 403, 404),
  },
  async (ctx, { params }, c) => c.json((await listMembers(ctx, new AccountName(params.slug))).map(present)),
);

operation(
  {
    id: "updateMembers",
    method: "patch",
    path: "/api/v1/account/{slug}/users",
    tag,
    summary: "Update members",
    description:
      "Adds and removes members and changes roles, all or nothing. Adding a member changes their role; removing a user who is not a member has no effect. Requires the role AOWNER.",
    params: accountBySlugOrId,
    body: memberChanges,
    bodyExample: { add: [{ id: exampleId, role: "AMEMBER" }], delete: [] },
    responses: () => responses(empty("The members were updated."), 400, 403, 404, 409, 422),
  },
  async (ctx, { params, body }, c) => {
    const add = (body.add ?? []).map(({ id, role }) => ({ uuid: id, role }));
    const changes = { add, remove: body.delete ?? [] };
    await updateMembers(ctx, new AccountName(params.slug), changes).catch(async (error: unknown) => {
      const missing = error instanceof DomainError ? error.details.values : undefined;
      throw missing === undefined ? error : missingUsers(new Set(missing), add, await readBody(c));
    });
    return c.body(null, 204);
  },
);

operation(
  {
    id: "searchMembers",
    method: "get",
    path: "/api/v1/account/{slug}/users/search",
    tag,
    summary: "Search members",
    description:
      "Returns the members whose name or e-mail address contains the text, ignoring case. There are no wildcards. Requires membership.",
    params: accountBySlugOrId,
    query: lazy(() =>
      z.object({ query: withMetadata(z.string(), { description: "Text to search for.", example: "ada" }) }),
    ),
    responses: () => responses(json(200, "The members.", z.array(memberSchema())), 403, 404, 422),
  },
  async (ctx, { params, query }, c) =>
    c.json((await searchMembers(ctx, new AccountName(params.slug), query.query)).map(present)),
);

/** Returns a validation error for each entry of `add` whose user does not exist. */
function missingUsers(
  missing: ReadonlySet<string>,
  add: readonly { readonly uuid: string }[],
  sent: unknown,
): InvalidRequest {
  const sentUsers = (sent as { readonly add: readonly { readonly id: unknown }[] }).add;
  const issues = add.flatMap(({ uuid: id }, at) => {
    const loc = ["body", "add", at, "id"];
    const input = sentUsers[at]?.id;
    return missing.has(id) ? [{ ...valueError("This user does not exist."), loc, input }] : [];
  });
  return new InvalidRequest(issues, "user_not_found");
}

function present({ uuid: id, firstName, lastName, email, role }: Member): ResponseBody<typeof memberSchema> {
  return { id, name: joinName(firstName, lastName), email, role };
}

const permissionsSchema = lazy(() =>
  z
    .object({ permissions: z.array(z.enum(permissions)) })
    .openapi("AccountPermissions", { example: { permissions: ["account:read", "members:search"] } }),
);

operation(
  {
    id: "getAccountPermissions",
    method: "get",
    path: "/api/v1/account/{slug}/permissions",
    tag: "Accounts",
    summary: "Get permissions",
    description:
      "Returns the caller's permissions on the account; with `stash_id`, only those for a knowledge box. Requires membership.",
    params: accountBySlugOrId,
    query: lazy(() =>
      z.object({
        account_id: withMetadata(z.string(), {
          description: "Id of the account. The id of another account is 404.",
        }),
        stash_id: withMetadata(z.string().optional(), { description: "Id of a knowledge box." }),
      }),
    ),
    responses: () => responses(json(200, "The permissions.", permissionsSchema()), 403, 404, 422),
  },
  async (ctx, { params, query }, c) => {
    const knowledgeBox = query.stash_id !== undefined;
    const scope = { accountId: query.account_id, knowledgeBox };
    return c.json({ permissions: [...(await listPermissions(ctx, params.slug, scope))] });
  },
);
