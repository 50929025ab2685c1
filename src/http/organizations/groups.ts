import { z } from "@hono/zod-openapi";

import { type Group, listGroups } from "../../services/groups/groups.ts";
import { authenticateBeforeRejecting } from "../authenticate.ts";
import { pageParameters, parsePageRequest, toPage } from "../django/pagination.ts";
import { json, pageSchema, responses } from "../django/responses.ts";
import { operation } from "../django/surface.ts";
import { lazy, type ResponseBody } from "../lazy.ts";

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
    description: "The groups a user can be in, by id, and what each grants on every organization.",
    query: lazy(() => z.object({ page: pageParameters().page, cursor: pageParameters().cursor })),
    responses: () => responses(json(200, "One page.", pageSchema("GroupPage", groupSchema())), 404),
  },
  async (ctx, { rawQuery }, c) => {
    const request = await authenticateBeforeRejecting(ctx, () =>
      parsePageRequest(rawQuery, ["number"], false),
    );
    return c.json(toPage(ctx, c, await listGroups(ctx, request), present));
  },
);

function present({ id, name, permissions }: Group): ResponseBody<typeof groupSchema> {
  return { id, name, permissions: [...permissions] };
}
