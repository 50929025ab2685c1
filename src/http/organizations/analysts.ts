import { z } from "@hono/zod-openapi";

import { joinName } from "../../domain/user.ts";
import { listAnalysts, type Analyst } from "../../services/analysts.ts";
import { deferred, type Answer } from "../deferred.ts";
import { readFirst } from "../context.ts";
import { answers, json, pageOf } from "./answers.ts";
import { namedOrganization, organizationParameters } from "./current.ts";
import { textFilter } from "./parameters.ts";
import { pageParameters, presentPage, readPageRequest } from "./links.ts";
import { operation } from "./operation.ts";
import { presentUser, userSchema } from "./users.ts";

const analystSchema = deferred(() =>
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
    current: true,
    method: "get",
    path: "/accounts/analysts/",
    tag: "Analysts",
    summary: "List analysts",
    description:
      "The members of the named organization; of all the caller's where none is named, or of all with `analysts:read`. By id.",
    query: deferred(() =>
      z.object({
        ...organizationParameters(),
        search: textFilter("Terms that must all be found in e-mail or names."),
        ...pageParameters(),
      }),
    ),
    responses: () => answers(json(200, "One page.", pageOf("AnalystPage", analystSchema())), 403, 404),
  },
  async (ctx, { query, rawQuery }, c) => {
    const request = await readFirst(ctx, () => readPageRequest(rawQuery, ["number"]));
    const page = await listAnalysts(ctx, namedOrganization(c), query.search, request);
    return c.json(presentPage(ctx, c, page, present));
  },
);

function present({ id, accountId, user }: Analyst): Answer<typeof analystSchema> {
  return {
    id,
    user: presentUser(user),
    organization: accountId,
    name: joinName(user.firstName, user.lastName),
  };
}
