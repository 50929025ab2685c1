import { z } from "@hono/zod-openapi";

import { incrementUsage } from "../../services/usage/increment.ts";
import { integerField } from "../django/fields.ts";
import { uuidParameter } from "../django/parameters.ts";
import { json, problem, responses } from "../django/responses.ts";
import { operation } from "../django/surface.ts";
import { InvalidRequest } from "../django/validation.ts";
import { parseIdempotencyKey } from "../idempotency.ts";
import { rateLimitFields } from "../rate-limit.ts";
import { lazy, withSchemaName } from "../schema.ts";

const exceeded = "This would pass the organization's usage limit.";

const usageSchema = lazy(() =>
  z
    .object({
      limit: z.int().nullable().openapi({ description: "A month; null: none." }),
      usage: z.int().openapi({ description: "Counted this month." }),
      remaining: z.int().nullable(),
      overriden: z.boolean().openapi({ description: "Whether the limit is the operator's, not the plan's." }),
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
const most = Number.MAX_SAFE_INTEGER;

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
      "Counts usage in this calendar month (UTC). One that would pass the limit is refused whole: 429 until the month ends. With an Idempotency-Key it counts once in 24 hours.",
    params: lazy(() => z.object({ uuid: uuidParameter() })),
    body: lazy(() =>
      withSchemaName(
        "IncrementBody",
        z.object({
          usage: integerField({ min: 1, max: most, description: "How much; 1 unless told." }).optional(),
        }),
      ),
    ),
    bodyExample: { usage: 1 },
    responses: () => ({
      ...responses(
        json(200, "It is counted; `RateLimit` says how its limit stands.", usageSchema()),
        403,
        404,
        415,
        422,
      ),
      429: {
        description: "It would pass the limit; `Retry-After` is when the month ends.",
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
      throw new InvalidRequest({ usage: [`Ensure this value is less than or equal to ${most}.`] });
    }
    const { limit, usage, remaining, overridden } = outcome.answer;
    const shown = { limit, usage, remaining, overriden: overridden };
    const fields = outcome.limit === undefined ? {} : rateLimitFields(outcome.limit);
    if (outcome.kind === "counted") return c.json(shown, 200, fields);
    const retryAfter = String(outcome.limit?.reset ?? 1);
    return c.json({ ...shown, detail: exceeded }, 429, { ...fields, "Retry-After": retryAfter });
  },
);
