import { z } from "@hono/zod-openapi";

import { permissions } from "../../domain/permissions.ts";
import { listPermissions } from "../../services/accounts/get.ts";
import { json, responses } from "../fastapi/responses.ts";
import { lazy } from "../lazy.ts";
import { withMetadata } from "../openapi/metadata.ts";
import { accountBySlugOrId } from "./paths.ts";
import { operation } from "./surface.ts";

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
