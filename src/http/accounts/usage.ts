import { z } from "@hono/zod-openapi";

import { aggregations } from "../../domain/usage/buckets.ts";
import { eventMetrics, metrics } from "../../domain/usage/usage.ts";
import { readUsage, recordUsage } from "../../services/usage/usage.ts";
import { dateTime, integer, listOf, orNull, text, uuid } from "../fastapi/fields.ts";
import { json, responses } from "../fastapi/responses.ts";
import { InvalidRequest, valueError } from "../fastapi/validation.ts";
import { lazy, withSchemaName } from "../schema.ts";
import { accountById, operation } from "./surface.ts";

const tag = "Usage";
const exampleBox = "5b0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f22";
/** Most events one call brings. */
const mostEvents = 1_000;

const pointsSchema = lazy(() =>
  z
    .array(
      z.object({
        timestamp: z.iso.datetime().openapi({ description: "Where the bucket begins." }),
        metrics: z.array(
          z.object({
            name: z.enum(metrics),
            value: z.int(),
            details: z.array(z.unknown()).openapi({ maxItems: 0 }),
          }),
        ),
      }),
    )
    .openapi("UsagePoints", {
      example: [{ timestamp: "2026-01-31T13:00:00Z", metrics: [{ name: "usage", value: 42, details: [] }] }],
    }),
);

const recordedSchema = lazy(() =>
  z
    .object({
      accepted: z.int(),
      duplicates: z.int().openapi({ description: "Events whose id counts already." }),
      refused: z.array(
        z.object({ id: z.string(), reason: z.enum(["too_old", "too_far_ahead", "too_large"]) }),
      ),
    })
    .openapi("RecordedEvents", { example: { accepted: 1, duplicates: 0, refused: [] } }),
);

const eventsBody = lazy(() =>
  withSchemaName(
    "UsageEvents",
    z.object({
      events: listOf(
        z.object({
          id: text({ min: 1, max: 255, description: "Counts once, as long as events of its age are taken." }),
          metric: z.enum(eventMetrics),
          value: integer({ min: 0, max: Number.MAX_SAFE_INTEGER, description: "What was used." }),
          knowledgebox: orNull(uuid("The knowledge box it was used in."), "string"),
          timestamp: orNull(dateTime("When; now unless told."), "string"),
        }),
        mostEvents,
      ),
    }),
  ),
);

operation(
  {
    id: "getUsage",
    method: "get",
    path: "/api/v1/account/{account_id}/usage",
    tag,
    summary: "Get usage",
    description:
      "One point a bucket that the half-open range touches, empty ones too, every metric in each; UTC, weeks from Monday, the hour of `from` whole. `millennium` is one point for the whole range. Hours are kept 400 days, days for ever; 10,000 points at the most. For members.",
    params: accountById,
    query: lazy(() =>
      z.object({
        from: dateTime("Where the range begins."),
        to: dateTime("Where it ends; now unless told.").optional(),
        aggregation: z.enum(aggregations).default("millennium"),
        knowledgebox: uuid("Only what was recorded of this one.").optional(),
      }),
    ),
    responses: () => responses(json(200, "The points.", pointsSchema()), 403, 404, 422),
  },
  async (ctx, { params, query }, c) => {
    const result = await readUsage(ctx, params.account_id, query);
    if (result.kind !== "points") throw new InvalidRequest([{ ...reasons[result.kind], input: null }]);
    return c.json(
      result.points.map(({ at, sums }) => ({
        timestamp: told(at),
        metrics: metrics.map((name, place) => ({ name, value: sums[place] ?? 0, details: [] })),
      })),
    );
  },
);

operation(
  {
    id: "recordUsage",
    exemptFromRateLimit: true,
    method: "post",
    path: "/api/v1/account/{account_id}/usage",
    tag,
    summary: "Record usage",
    description:
      "Counts up to 1,000 events, each in the hour it happened in, once for its id. Events that are too old or too far ahead are refused one by one, the others kept. For owners and for metering.",
    params: accountById,
    body: eventsBody,
    bodyExample: { events: [{ id: "job-7", metric: "pages_processed", value: 3, knowledgebox: exampleBox }] },
    responses: () => responses(json(200, "What became of them.", recordedSchema()), 400, 403, 404, 422),
  },
  async (ctx, { params, body }, c) => {
    const events = body.events.map(({ knowledgebox = null, timestamp = null, ...event }) => ({
      ...event,
      knowledgebox,
      timestamp,
    }));
    const { accepted, duplicates, refused } = await recordUsage(ctx, params.account_id, events);
    return c.json({ accepted, duplicates, refused: [...refused] });
  },
);

const reasons = {
  from_after_to: { loc: ["query", "from"], ...valueError("The range ends before it begins.") },
  too_many_points: { loc: ["query", "aggregation"], ...valueError("This range has more than 10000 points.") },
  hours_gone: {
    loc: ["query", "from"],
    ...valueError("Hours are kept for 400 days: ask for whole days, by day or coarser."),
  },
  too_large: {
    loc: ["query", "aggregation"],
    ...valueError("A sum passes 2^53-1: ask for finer buckets."),
  },
} as const;

/** RFC 3339 to the second, with a fraction only where there is one. */
function told(time: number): string {
  return new Date(time).toISOString().replace(".000Z", "Z");
}
