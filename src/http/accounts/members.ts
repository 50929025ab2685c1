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

/** Most users one change names, added and deleted each. */
const mostNamed = 1_000;

const memberSchema = lazy(() =>
  z
    .object({ id: z.uuid(), name: z.string(), email: z.string(), role: z.enum(accountRoles) })
    .openapi("AccountUser", { example }),
);

const oneMember = lazy(() =>
  accountBySlugOrId().extend({
    user_id: withMetadata(uuid("The user's id."), {
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
          z.object({ id: uuid("The user's id."), role: z.enum(accountRoles) }),
          mostNamed,
        ).nullish(),
        delete: listOf(uuid("The user's id."), mostNamed).nullish(),
      })
      .superRefine(({ add, delete: removed }, context) => {
        const told = new Set<string>(removed ?? []);
        for (const [at, { id }] of (add ?? []).entries()) {
          if (told.has(id)) addIssue(context, valueError("This user is named twice."), ["add", at, "id"]);
          told.add(id);
        }
      }),
    {
      description: "Who becomes a member or has another role, and who leaves; nobody stands in both.",
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
    description: "One member. For members.",
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
    summary: "Leave account",
    description: "For that member, or owners. A blocked account can be left; its last owner stays.",
    params: oneMember,
    responses: () => responses(empty("The member is gone."), 403, 404, 409, 422),
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
    description: "All members, in the order they joined. For owners.",
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
      "Adds users, changes members' roles and deletes members, all or nothing. Adding a member changes the role; deleting who is none changes nothing. For owners.",
    params: accountBySlugOrId,
    body: memberChanges,
    bodyExample: { add: [{ id: exampleId, role: "AMEMBER" }], delete: [] },
    responses: () => responses(empty("The members are changed."), 400, 403, 404, 409, 422),
  },
  async (ctx, { params, body }, c) => {
    const add = (body.add ?? []).map(({ id, role }) => ({ uuid: id, role }));
    const changes = { add, remove: body.delete ?? [] };
    await updateMembers(ctx, new AccountName(params.slug), changes).catch(async (error: unknown) => {
      const unknown = error instanceof DomainError ? error.details.values : undefined;
      throw unknown === undefined ? error : asFaults(new Set(unknown), add, await readBody(c));
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
      "The members in whose name or address the text stands, in any case; every character is an ordinary one. For members.",
    params: accountBySlugOrId,
    query: lazy(() =>
      z.object({ query: withMetadata(z.string(), { description: "What to look for.", example: "ada" }) }),
    ),
    responses: () => responses(json(200, "The members.", z.array(memberSchema())), 403, 404, 422),
  },
  async (ctx, { params, query }, c) =>
    c.json((await searchMembers(ctx, new AccountName(params.slug), query.query)).map(present)),
);

/** Users there are not, told at the places that name them, as they were named there. */
function asFaults(
  unknown: ReadonlySet<string>,
  add: readonly { readonly uuid: string }[],
  sent: unknown,
): InvalidRequest {
  const sentUsers = (sent as { readonly add: readonly { readonly id: unknown }[] }).add;
  return new InvalidRequest(
    add.flatMap(({ uuid: id }, at) =>
      unknown.has(id)
        ? [
            {
              ...valueError("This user does not exist."),
              loc: ["body", "add", at, "id"],
              input: sentUsers[at]?.id,
            },
          ]
        : [],
    ),
  );
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
      "What the caller may do on the account; with `stash_id`, what of it concerns a knowledge box. For members.",
    params: accountBySlugOrId,
    query: lazy(() =>
      z.object({
        account_id: withMetadata(z.string(), { description: "The account's id; another account's is 404." }),
        stash_id: withMetadata(z.string().optional(), { description: "The id of a knowledge box." }),
      }),
    ),
    responses: () => responses(json(200, "The permissions.", permissionsSchema()), 403, 404, 422),
  },
  async (ctx, { params, query }, c) => {
    const knowledgeBox = query.stash_id !== undefined;
    const asked = { accountId: query.account_id, knowledgeBox };
    return c.json({ permissions: [...(await listPermissions(ctx, params.slug, asked))] });
  },
);
