import { z } from "@hono/zod-openapi";

import { listGroups, type Group } from "../../services/groups.ts";
import { deferred, type Answer } from "../deferred.ts";
import { readFirst } from "../context.ts";
import { answers, json, pageOf } from "./answers.ts";
import { pageParameters, presentPage, readPageRequest } from "./links.ts";
import { operation } from "./operation.ts";

const groupSchema = deferred(() =>
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
    query: deferred(() => z.object({ page: pageParameters().page, cursor: pageParameters().cursor })),
    responses: () => answers(json(200, "One page.", pageOf("GroupPage", groupSchema())), 404),
  },
  async (ctx, { rawQuery }, c) => {
    const request = await readFirst(ctx, () => readPageRequest(rawQuery, ["number"], false));
    return c.json(presentPage(ctx, c, await listGroups(ctx, request), present));
  },
);

function present({ id, name, permissions }: Group): Answer<typeof groupSchema> {
  return { id, name, permissions: [...permissions] };
}
