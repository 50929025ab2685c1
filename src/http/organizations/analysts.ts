import { z } from "@hono/zod-openapi";

import { joinName } from "../../domain/user.ts";
import { type Analyst, listAnalysts } from "../../services/members/analysts.ts";
import { authenticateBeforeRejecting } from "../authenticate.ts";
import { pageParameters, parsePageRequest, toPage } from "../django/pagination.ts";
import { namedOrganization, organizationParameters, textFilter } from "../django/parameters.ts";
import { json, pageSchema, responses } from "../django/responses.ts";
import { operation } from "../django/surface.ts";
import { lazy, type ResponseBody } from "../lazy.ts";
import { toUser, userSchema } from "./users.ts";

const analystSchema = lazy(() =>
  z
    .object({
      id: z.int(),
      user: userSchema(),
      organization: z
        .int()
        .openapi({ description: "The organization's integer key; a filter of organizations." }),
      name: z.string().openapi({ description: "The user's name.", example: "Ada Lovelace" }),
    })
    .openapi("Analyst"),
);

operation(
  {
    id: "listAnalysts",
    usesCurrentOrganization: true,
    method: "get",
    path: "/accounts/analysts/",
    tag: "Analysts",
    summary: "List analysts",
    description:
      "The members of the named organization; of all the caller's where none is named, or of all with `analysts:read`. By id.",
    query: lazy(() =>
      z.object({
        ...organizationParameters(),
        search: textFilter("Terms that must all be found in e-mail or names."),
        ...pageParameters(),
      }),
    ),
    responses: () => responses(json(200, "One page.", pageSchema("AnalystPage", analystSchema())), 403, 404),
  },
  async (ctx, { query, rawQuery }, c) => {
    const request = await authenticateBeforeRejecting(ctx, () => parsePageRequest(rawQuery, ["number"]));
    const page = await listAnalysts(ctx, namedOrganization(c), query.search, request);
    return c.json(toPage(ctx, c, page, present));
  },
);

function present({ id, accountId, user }: Analyst): ResponseBody<typeof analystSchema> {
  return {
    id,
    user: toUser(user),
    organization: accountId,
    name: joinName(user.firstName, user.lastName),
  };
}
