import { z } from "@hono/zod-openapi";

import { joinName, languages, userTypes } from "../../domain/user.ts";
import type { Caller } from "../../services/caller.ts";
import { getMe, getWelcome } from "../../services/users/me.ts";
import { answers, json } from "./answers.ts";
import { operation } from "./operation.ts";

const tag = "Authenticated user";
const exampleId = "0b4b8c0e-7c0e-4b57-9d3d-0a4f2d6f7a10";

const userFields = {
  name: z.string(),
  email: z.string(),
  language: z.enum(languages).nullable(),
  type: z.enum(userTypes),
  last_login: z.iso.datetime().nullable().openapi({ format: "date-time" }),
};

const userSchema = z.object({ id: z.uuid(), ...userFields, avatar: z.string().nullable() }).openapi("User", {
  example: {
    id: exampleId,
    name: "Ada Lovelace",
    email: "ada@example.com",
    language: "EN",
    type: "USER",
    last_login: "2026-01-31T13:00:00.000Z",
    avatar: null,
  },
});

const welcomeSchema = z
  .object({
    preferences: z.object(userFields),
    accounts: z.array(z.uuid()).openapi({ description: "Ids of the accounts the user is a member of." }),
    create: z.boolean().openapi({ description: "Whether the user may make another account." }),
    can_be_deleted: z.boolean(),
    dependant_accounts: z
      .array(z.object({ id: z.uuid(), slug: z.string() }))
      .openapi({ description: "Accounts whose only active owner this user is." }),
  })
  .openapi("Welcome");

operation(
  {
    id: "getUser",
    method: "get",
    path: "/api/v1/user",
    tag,
    summary: "Me",
    description: "The signed-in user.",
    responses: answers(json(200, "The user.", userSchema)),
  },
  async (ctx, _input, c) => {
    const caller = await getMe(ctx);
    return c.json({ id: caller.uuid, ...presentUser(caller), avatar: caller.avatar });
  },
);

operation(
  {
    id: "getWelcome",
    method: "get",
    path: "/api/v1/user/welcome",
    tag,
    summary: "Welcome",
    description: "What a client shows a user first: preferences, accounts, and what may be done next.",
    responses: answers(json(200, "The user with what depends on them.", welcomeSchema)),
  },
  async (ctx, _input, c) => {
    const { user, accounts, mayCreate, dependants } = await getWelcome(ctx);
    return c.json({
      preferences: presentUser(user),
      accounts,
      create: mayCreate,
      can_be_deleted: dependants.length === 0,
      dependant_accounts: dependants.map(({ uuid, slug }) => ({ id: uuid, slug })),
    });
  },
);

function presentUser(caller: Caller) {
  return {
    name: joinName(caller.firstName, caller.lastName),
    email: caller.email,
    language: caller.language,
    type: caller.type,
    last_login: caller.lastLogin === null ? null : new Date(caller.lastLogin).toISOString(),
  };
}
