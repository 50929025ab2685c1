import { z } from "@hono/zod-openapi";

import { countCodePoints, normalizeName } from "../../domain/text.ts";
import { formatTimestamp } from "../../domain/timestamp.ts";
import { isPublicHttps } from "../../domain/url.ts";
import { joinName, languages, nameLength, splitName, userTypes } from "../../domain/user.ts";
import type { Caller } from "../../services/caller/caller.ts";
import { getCurrentUser, getWelcome, updateCurrentUser } from "../../services/users/current-user.ts";
import { deleteCurrentUser } from "../../services/users/delete.ts";
import { email, text } from "../fastapi/fields.ts";
import { empty, json, responses } from "../fastapi/responses.ts";
import { valueError } from "../fastapi/validation.ts";
import { lazy, withSchemaName } from "../schema.ts";
import { operation } from "./surface.ts";

const tag = "Authenticated user";
const exampleId = "0b4b8c0e-7c0e-4b57-9d3d-0a4f2d6f7a10";

const userFields = () => ({
  name: z.string(),
  email: z.string(),
  language: z.enum(languages).nullable(),
  type: z.enum(userTypes),
  last_login: z.iso.datetime().nullable().openapi({ format: "date-time" }),
});

const userSchema = lazy(() =>
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

const preferencesBody = lazy(() =>
  withSchemaName(
    "Preferences",
    z.object({
      name: text({
        name: true,
        min: 1,
        max: 2 * nameLength + 1,
        check: (value) => {
          const { firstName, lastName } = splitName(normalizeName(value));
          return countCodePoints(firstName) <= nameLength && countCodePoints(lastName) <= nameLength
            ? undefined
            : valueError(`First and last name have at most ${nameLength} characters each.`);
        },
        description: "Full name. The first name ends at the first space.",
        example: "Ada Lovelace",
      })
        .transform((value) => splitName(normalizeName(value)))
        .nullish(),
      avatar: text({
        min: 1,
        max: 2048,
        check: (value) =>
          isAvatar(value)
            ? undefined
            : valueError("The avatar must be a public https URL, or text that is not a URL."),
        description: "An https URL or any other text. The service never fetches it.",
        example: "https://images.example.com/ada.png",
      }).nullish(),
      email: email().nullish(),
      language: z.enum(languages).nullish(),
    }),
  ),
);

const welcomeSchema = lazy(() =>
  z
    .object({
      preferences: z.object(userFields()),
      accounts: z
        .array(z.uuid())
        .openapi({ description: "Ids of the accounts that the user is a member of." }),
      create: z.boolean().openapi({ description: "Whether the user may create another account." }),
      can_be_deleted: z.boolean(),
      dependant_accounts: z
        .array(z.object({ id: z.uuid(), slug: z.string() }))
        .openapi({ description: "Accounts that have no other active owner." }),
    })
    .openapi("Welcome"),
);

operation(
  {
    id: "getUser",
    method: "get",
    path: "/api/v1/user",
    tag,
    summary: "Get current user",
    description: "Returns the signed-in user.",
    responses: () => responses(json(200, "The user.", userSchema())),
  },
  async (ctx, _input, c) => {
    const caller = await getCurrentUser(ctx);
    return c.json({ id: caller.uuid, ...presentUser(caller), avatar: caller.avatar });
  },
);

operation(
  {
    id: "modifyUser",
    method: "patch",
    path: "/api/v1/user",
    tag,
    summary: "Modify current user",
    description:
      "Changes the profile of the signed-in user. Omitted fields keep their values; `name: null` and `email: null` change nothing; `null` clears avatar and language.",
    body: preferencesBody,
    bodyExample: { name: "Ada Lovelace", language: "EN" },
    responses: () => responses(json(200, "The user was modified.", z.null()), 400, 409, 422),
  },
  async (ctx, { body }, c) => {
    const { name, avatar, email: address, language } = body;
    await updateCurrentUser(ctx, { ...name, avatar, language, email: address ?? undefined });
    return c.json(null);
  },
);

operation(
  {
    id: "deleteAuthenticatedUser",
    method: "delete",
    path: "/api/v1/user",
    tag,
    summary: "Delete current user",
    description:
      "Deletes the signed-in user with all memberships and tokens. 409 while an account has no other active owner.",
    responses: () => responses(empty("The user was deleted."), 409),
  },
  async (ctx, _input, c) => {
    await deleteCurrentUser(ctx);
    return c.body(null, 204);
  },
);

operation(
  {
    id: "getWelcome",
    method: "get",
    path: "/api/v1/user/welcome",
    tag,
    summary: "Get start data",
    description:
      "Returns what a client needs after sign-in: preferences, accounts, and what the user may do.",
    responses: () => responses(json(200, "Preferences, accounts and options of the user.", welcomeSchema())),
  },
  async (ctx, _input, c) => {
    const { user, accounts, canCreateAccount, dependentAccounts } = await getWelcome(ctx);
    return c.json({
      preferences: presentUser(user),
      accounts,
      create: canCreateAccount,
      can_be_deleted: dependentAccounts.length === 0,
      dependant_accounts: dependentAccounts.map(({ uuid, slug }) => ({ id: uuid, slug })),
    });
  },
);

/** Accepts public https URLs, and text that is not a URL. */
function isAvatar(value: string): boolean {
  const isUrl = /^\s*(?:[a-z][a-z0-9+.-]*:|[/\\]{2})/i.test(value);
  return !isUrl || isPublicHttps(value);
}

function presentUser(caller: Caller) {
  return {
    name: joinName(caller.firstName, caller.lastName),
    email: caller.email,
    language: caller.language,
    type: caller.type,
    last_login: formatTimestamp(caller.lastLogin),
  };
}
