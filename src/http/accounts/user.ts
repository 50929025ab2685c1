import { z } from "@hono/zod-openapi";

import { tellMoment } from "../../domain/moment.ts";
import { codePoints, normalText } from "../../domain/text.ts";
import { isPublicHttps } from "../../domain/url.ts";
import { joinName, languages, nameLength, splitName, userTypes } from "../../domain/user.ts";
import type { Caller } from "../../services/caller.ts";
import { deleteMe } from "../../services/users/delete.ts";
import { getMe, getWelcome } from "../../services/users/me.ts";
import { updateMe } from "../../services/users/update-me.ts";
import { deferred } from "../deferred.ts";
import { named } from "../described.ts";
import { answers, empty, json } from "../fastapi/answers.ts";
import { email, text } from "../fastapi/text-fields.ts";
import { valueError } from "../fastapi/validation.ts";
import { operation } from "./operation.ts";

const tag = "Authenticated user";
const exampleId = "0b4b8c0e-7c0e-4b57-9d3d-0a4f2d6f7a10";

const userFields = () => ({
  name: z.string(),
  email: z.string(),
  language: z.enum(languages).nullable(),
  type: z.enum(userTypes),
  last_login: z.iso.datetime().nullable().openapi({ format: "date-time" }),
});

const userSchema = deferred(() =>
  z.object({ id: z.uuid(), ...userFields(), avatar: z.string().nullable() }).openapi("User", {
    example: {
      id: exampleId,
      name: "Ada Lovelace",
      email: "ada@example.com",
      language: "EN",
      type: "USER",
      last_login: "2026-01-31T13:00:00.000Z",
      avatar: null,
    },
  }),
);

const preferencesBody = deferred(() =>
  named(
    "Preferences",
    z.object({
      name: text({
        min: 1,
        max: 2 * nameLength + 1,
        refuse: (value) => {
          const { firstName, lastName } = splitName(normalText(value));
          return codePoints(firstName) <= nameLength && codePoints(lastName) <= nameLength
            ? undefined
            : valueError(`First and last name have at most ${nameLength} characters each.`);
        },
        description: "The whole name; the first name ends at the first space.",
        example: "Ada Lovelace",
      })
        .transform((value) => splitName(normalText(value)))
        .nullish(),
      avatar: text({
        min: 1,
        max: 2048,
        refuse: (value) =>
          isAvatar(value)
            ? undefined
            : valueError("The avatar must be an https address, or name no address."),
        description: "An https address, or a text of the client's own; never fetched.",
        example: "https://images.example.com/ada.png",
      }).nullish(),
      email: email().nullish(),
      language: z.enum(languages).nullish(),
    }),
  ),
);

const welcomeSchema = deferred(() =>
  z
    .object({
      preferences: z.object(userFields()),
      accounts: z.array(z.uuid()).openapi({ description: "Ids of the accounts the user is a member of." }),
      create: z.boolean().openapi({ description: "Whether the user may make another account." }),
      can_be_deleted: z.boolean(),
      dependant_accounts: z
        .array(z.object({ id: z.uuid(), slug: z.string() }))
        .openapi({ description: "Accounts whose only active owner this user is." }),
    })
    .openapi("Welcome"),
);

operation(
  {
    id: "getUser",
    method: "get",
    path: "/api/v1/user",
    tag,
    summary: "Me",
    description: "The signed-in user.",
    responses: () => answers(json(200, "The user.", userSchema())),
  },
  async (ctx, _input, c) => {
    const caller = await getMe(ctx);
    return c.json({ id: caller.uuid, ...presentUser(caller), avatar: caller.avatar });
  },
);

operation(
  {
    id: "modifyUser",
    method: "patch",
    path: "/api/v1/user",
    tag,
    summary: "Modify me",
    description:
      "Changes what the signed-in user says of themselves. A key left out stays, and so do `name: null` and `email: null`; `null` clears avatar and language.",
    body: preferencesBody,
    bodyExample: { name: "Ada Lovelace", language: "EN" },
    responses: () => answers(json(200, "The user is changed.", z.null()), 400, 409, 422),
  },
  async (ctx, { body }, c) => {
    const { name, avatar, email: address, language } = body;
    await updateMe(ctx, { ...name, avatar, language, email: address ?? undefined });
    return c.json(null);
  },
);

operation(
  {
    id: "deleteAuthenticatedUser",
    method: "delete",
    path: "/api/v1/user",
    tag,
    summary: "Delete me",
    description:
      "Deletes the signed-in user with memberships and tokens; 409 while an account has no other active owner.",
    responses: () => answers(empty("The user is gone."), 409),
  },
  async (ctx, _input, c) => {
    await deleteMe(ctx);
    return c.body(null, 204);
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
    responses: () => answers(json(200, "The user with what depends on them.", welcomeSchema())),
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

/** An https address on the Internet, or no address at all. */
function isAvatar(value: string): boolean {
  const address = /^\s*(?:[a-z][a-z0-9+.-]*:|[/\\]{2})/i.test(value);
  return !address || isPublicHttps(value);
}

function presentUser(caller: Caller) {
  return {
    name: joinName(caller.firstName, caller.lastName),
    email: caller.email,
    language: caller.language,
    type: caller.type,
    last_login: tellMoment(caller.lastLogin),
  };
}
