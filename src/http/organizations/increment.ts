import { z } from "@hono/zod-openapi";

import { incrementUsage } from "../../services/usage/usage.ts";
import { refuse } from "../django/errors.ts";
import { integerField } from "../django/fields.ts";
import { uuidParameter } from "../django/parameters.ts";
import { json, problem, responses } from "../django/responses.ts";
import { operation } from "../django/surface.ts";
import { InvalidRequest } from "../django/validation.ts";
import { parseIdempotencyKey } from "../idempotency.ts";
import { errorResponseHeaders } from "../openapi/document.ts";
import { rateLimitFields } from "../rate-limit.ts";
import { lazy, withSchemaName } from "../schema.ts";

const exceeded = "Usage limit of the month reached. Raise the limit or wait for the next month.";

const usageSchema = lazy(() =>
  z
    .object({
      limit: z.int().nullable().openapi({ description: "Limit per month; null for no limit." }),
      usage: z.int().openapi({ description: "Usage in this month." }),
      remaining: z.int().nullable(),
      overriden: z
        .boolean()
        .openapi({ description: "Whether the operator has set the limit, overriding the plan's." }),
    })
    .openapi("OrganizationUsage", {
      example: { limit: 10_000, usage: 42, remaining: 9_958, overriden: false },
    }),
);
const exceededSchema = lazy(() =>
  usageSchema()
    .extend({ detail: z.string() })
    .openapi("UsageExceeded", {
      example: { limit: 10_000, usage: 10_000, remaining: 0, overriden: false, detail: exceeded },
    }),
);
const maxIncrement = Number.MAX_SAFE_INTEGER;

operation(
  {
    id: "incrementUsage",
    customIdempotency: true,
    exemptFromRateLimit: true,
    method: "post",
    path: "/accounts/organizations/{uuid}/increment/",
    tag: "Organizations",
    summary: "Increment usage",
    description:
      "Counts usage in the current calendar month (UTC). An increment that would exceed the limit is rejected as a whole (429). With an Idempotency-Key it is counted once in 24 hours.",
    params: lazy(() => z.object({ uuid: uuidParameter() })),
    body: lazy(() =>
      withSchemaName(
        "IncrementBody",
        z.object({
          usage: integerField({ min: 1, max: maxIncrement, description: "Amount. Default 1." }).optional(),
        }),
      ),
    ),
    bodyExample: { usage: 1 },
    responses: () => ({
      ...responses(
        json(200, "The usage was counted. `RateLimit` contains the state of the limit.", usageSchema()),
        403,
        404,
        415,
        422,
      ),
      429: {
        headers: errorResponseHeaders,
        description: "The increment would exceed the limit. `Retry-After` is the end of the month.",
        content: { "application/json": { schema: z.union([exceededSchema(), problem()]) } },
      },
    }),
  },
  async (ctx, { params, body }, c) => {
    const outcome = await incrementUsage(ctx, params.uuid, async () => {
      const key = parseIdempotencyKey(c);
      const { usage = 1 } = await body();
      return { amount: usage, key };
    });
    if (outcome.kind === "too_large") {
      throw new InvalidRequest({ usage: [`Ensure this value is less than or equal to ${maxIncrement}.`] });
    }
    const { limit, usage, remaining, overridden } = outcome.answer;
    const usageBody = { limit, usage, remaining, overriden: overridden };
    const headers = outcome.limit === undefined ? {} : rateLimitFields(outcome.limit);
    if (outcome.kind === "counted") return c.json(usageBody, 200, headers);
    const retryAfter = String(outcome.limit?.reset ?? 1);
    return refuse(
      c,
      "usage_limit_exceeded",
      { ...usageBody, detail: exceeded },
      { ...headers, "Retry-After": retryAfter },
    );
  },
);
