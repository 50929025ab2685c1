import { z } from "@hono/zod-openapi";

import { joinName } from "../../domain/user.ts";
import { listAnalysts, type Analyst } from "../../services/analysts.ts";
import { lazy, type ResponseBody } from "../deferred.ts";
import { authenticateBeforeRejecting } from "../context.ts";
import { responses, json, pageSchema } from "./answers.ts";
import { namedOrganization, organizationParameters } from "./current.ts";
import { textFilter } from "./parameters.ts";
import { pageParameters, toPage, parsePageRequest } from "./links.ts";
import { operation } from "./operation.ts";
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
