import { z } from "@hono/zod-openapi";

import { joinName } from "../../domain/user.ts";
import { type Analyst, listAnalysts } from "../../services/members/analysts.ts";
import { getCurrentUser, updateConsent } from "../../services/users/current-user.ts";
import { authenticateBeforeRejecting } from "../authenticate.ts";
import { booleanField } from "../django/fields.ts";
import { pageParameters, parsePageRequest, toPage } from "../django/pagination.ts";
import { namedOrganization, organizationParameters, textFilter } from "../django/parameters.ts";
import { json, pageSchema, responses } from "../django/responses.ts";
import { operation } from "../django/surface.ts";
import { lazy, type ResponseBody, withSchemaName } from "../schema.ts";
import { toUser, userSchema } from "./users.ts";

const analystSchema = lazy(() =>
  z
    .object({
      id: z.int(),
      user: userSchema(),
      organization: z.int().openapi({
        description: "Integer id of the organization. The list of organizations can be filtered by it.",
      }),
      name: z.string().openapi({ description: "Name of the user.", example: "Ada Lovelace" }),
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
      "Returns the members of the specified organization. Without one, returns the members of all organizations of the caller; with `analysts:read`, of all organizations. Ordered by id.",
    query: lazy(() =>
      z.object({
        ...organizationParameters(),
        search: textFilter("Words that must all occur in the e-mail address or names."),
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

const tag = "Analysts";
const path = "/accounts/analysts/current/";
const currentAnalystSchema = lazy(() =>
  z.object({ consent_given: z.boolean(), user_uuid: z.uuid() }).openapi("CurrentAnalyst", {
    example: { consent_given: true, user_uuid: "7e0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f11" },
  }),
);
const analystChanges = lazy(() =>
  withSchemaName(
    "CurrentAnalystChanges",
    z.object({ consent_given: booleanField("Whether the caller has given consent.").optional() }),
  ),
);

operation(
  {
    id: "getCurrentAnalyst",
    method: "get",
    path,
    tag,
    summary: "Retrieve the current analyst",
    description: "Returns the caller and whether they have given their consent.",
    responses: () => responses(json(200, "The caller.", currentAnalystSchema())),
  },
  async (ctx, _input, c) => c.json(presentConsent(await getCurrentUser(ctx))),
);

operation(
  {
    id: "updateCurrentAnalyst",
    method: "patch",
    path,
    tag,
    summary: "Update the current analyst",
    description: "Gives or withdraws the caller's consent. The time of the change is recorded.",
    body: analystChanges,
    bodyExample: { consent_given: true },
    responses: () => responses(json(200, "The caller.", currentAnalystSchema()), 409, 415),
  },
  async (ctx, { body }, c) =>
    c.json(presentConsent(await updateConsent(ctx, async () => (await body()).consent_given))),
);

function presentConsent(user: {
  consentGiven: boolean;
  uuid: string;
}): ResponseBody<typeof currentAnalystSchema> {
  return { consent_given: user.consentGiven, user_uuid: user.uuid };
}
