import { z } from "@hono/zod-openapi";

import { formatTimestamp } from "../../domain/timestamp.ts";
import {
  createAccessToken,
  deleteAccessToken,
  listAccessTokens,
  maxAccessTokens,
} from "../../services/access-tokens/access-tokens.ts";
import { dateTime, orNull, text, uuid } from "../fastapi/fields.ts";
import { empty, json, responses } from "../fastapi/responses.ts";
import { addIssue } from "../fastapi/validation.ts";
import { lazy, withMetadata, withSchemaName } from "../schema.ts";
import { operation } from "./surface.ts";

const tag = "Authenticated user";
const exampleId = "c7a1f1de-9a0c-4c55-b5b1-0d5f6f1d7e21";
const expires = lazy(() =>
  z.iso.datetime().nullable().openapi({ description: "Expiration; null for a token that does not expire." }),
);

/** Maximum length of a description, in code points. */
const descriptionLength = 200;

const tokenSchema = lazy(() =>
  z
    .object({ id: z.uuid(), description: z.string(), expires: expires() })
    .openapi("AccessToken", { example: { id: exampleId, description: "Backup job", expires: null } }),
);

const newTokenSchema = lazy(() =>
  z
    .object({
      id: z.uuid(),
      token: z.string().openapi({ description: "The token. It is shown only once." }),
      expires: expires(),
    })
    .openapi("NewAccessToken", { example: { id: exampleId, token: "acct_…", expires: null } }),
);

const tokenBody = lazy(() =>
  withSchemaName(
    "AccessTokenBody",
    z.object({
      description: text({
        min: 1,
        max: descriptionLength,
        description: "Purpose of the token.",
        example: "Backup job",
      }),
      expiration_date: orNull(
        dateTime("Expiration. Omit it for a token that does not expire.").superRefine((value, context) => {
          if (value > Date.now()) return;
          addIssue(context, { type: "datetime_future", msg: "Input should be in the future" });
        }),
        "string",
      ),
    }),
  ),
);

operation(
  {
    id: "listAccessTokens",
    method: "get",
    path: "/api/v1/user/pa_tokens",
    tag,
    summary: "List personal access tokens",
    description:
      "Returns the caller's personal access tokens, oldest first. Secrets are not stored, so they are not returned.",
    responses: () => responses(json(200, "The personal access tokens.", z.array(tokenSchema()))),
  },
  async (ctx, _input, c) => {
    const tokens = await listAccessTokens(ctx);
    return c.json(
      tokens.map(({ id, description, expiresAt }) => ({
        id,
        description,
        expires: formatTimestamp(expiresAt),
      })),
    );
  },
);

operation(
  {
    id: "createAccessToken",
    idempotent: true,
    method: "post",
    path: "/api/v1/user/pa_tokens",
    tag,
    summary: "Create personal access token",
    description: `Creates a token that authenticates as the caller on every API. It is shown only once: a repeated request with the same Idempotency-Key is 409. A user has at most ${maxAccessTokens} tokens (409). A personal access token cannot create another one.`,
    body: tokenBody,
    bodyExample: { description: "Backup job", expiration_date: "2027-01-31T13:00:00Z" },
    responses: () => responses(json(201, "The new token.", newTokenSchema()), 400, 403, 409, 422),
  },
  async (ctx, { body }, c) => {
    const { id, token, expiresAt } = await createAccessToken(ctx, {
      description: body.description,
      expiresAt: body.expiration_date ?? null,
    });
    return c.json({ id, token, expires: formatTimestamp(expiresAt) }, 201);
  },
);

operation(
  {
    id: "deleteAccessToken",
    method: "delete",
    path: "/api/v1/user/pa_token/{id}",
    tag,
    summary: "Delete personal access token",
    description: "Revokes a token with immediate effect.",
    params: lazy(() =>
      z.object({
        id: withMetadata(uuid("Id of the token."), { param: { name: "id", in: "path" }, example: exampleId }),
      }),
    ),
    responses: () => responses(empty("The token was deleted."), 404, 409, 422),
  },
  async (ctx, { params }, c) => {
    await deleteAccessToken(ctx, params.id);
    return c.body(null, 204);
  },
);
