import { z } from "@hono/zod-openapi";

import { getConsent, updateConsent } from "../../services/users/consent.ts";
import { booleanField } from "../django/fields.ts";
import { json, responses } from "../django/responses.ts";
import { operation } from "../django/surface.ts";
import { lazy, type ResponseBody } from "../lazy.ts";
import { withSchemaName } from "../openapi/metadata.ts";

const tag = "Analysts";
const path = "/accounts/analysts/current/";
const analystSchema = lazy(() =>
  z.object({ consent_given: z.boolean(), user_uuid: z.uuid() }).openapi("CurrentAnalyst", {
    example: { consent_given: true, user_uuid: "7e0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f11" },
  }),
);
const analystChanges = lazy(() =>
  withSchemaName(
    "CurrentAnalystChanges",
    z.object({ consent_given: booleanField("Whether the caller consents").optional() }),
  ),
);

operation(
  {
    id: "getCurrentAnalyst",
    method: "get",
    path,
    tag,
    summary: "Retrieve the current analyst",
    description: "The caller, and whether they have given their consent.",
    responses: () => responses(json(200, "The caller.", analystSchema())),
  },
  async (ctx, _input, c) => c.json(present(await getConsent(ctx))),
);

operation(
  {
    id: "updateCurrentAnalyst",
    method: "patch",
    path,
    tag,
    summary: "Update the current analyst",
    description: "Gives or withdraws the caller's consent; the time of the change is kept.",
    body: analystChanges,
    bodyExample: { consent_given: true },
    responses: () => responses(json(200, "The caller.", analystSchema()), 409, 415),
  },
  async (ctx, { body }, c) =>
    c.json(present(await updateConsent(ctx, async () => (await body()).consent_given))),
);

function present(user: { consentGiven: boolean; uuid: string }): ResponseBody<typeof analystSchema> {
  return { consent_given: user.consentGiven, user_uuid: user.uuid };
}
