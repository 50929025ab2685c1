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
/** Maximum number of events in one request. */
const maxEvents = 1_000;

const pointsSchema = lazy(() =>
  z
    .array(
      z.object({
        timestamp: z.iso.datetime().openapi({ description: "Start of the bucket." }),
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
      duplicates: z.int().openapi({ description: "Number of events whose id was counted before." }),
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
          id: text({
            min: 1,
            max: 255,
            description: "Each id counts once while events of its age are accepted.",
          }),
          metric: z.enum(eventMetrics),
          value: integer({ min: 0, max: Number.MAX_SAFE_INTEGER, description: "Amount used." }),
          knowledgebox: orNull(uuid("Id of the knowledge box."), "string"),
          timestamp: orNull(dateTime("Time of the event. Default: now."), "string"),
        }),
        maxEvents,
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
      "Returns one point per bucket that the half-open range touches, with every metric, including empty buckets. Buckets are in UTC; weeks start on Monday; the first hour is complete. `millennium` returns one point for the whole range. Hourly data is kept for 400 days, daily data forever. At most 10,000 points. Requires membership.",
    params: accountById,
    query: lazy(() =>
      z.object({
        from: dateTime("Start of the range."),
        to: dateTime("End of the range, exclusive. Default: now.").optional(),
        aggregation: z.enum(aggregations).default("millennium"),
        knowledgebox: uuid("Returns only the usage of this knowledge box.").optional(),
      }),
    ),
    responses: () => responses(json(200, "The points.", pointsSchema()), 403, 404, 422),
  },
  async (ctx, { params, query }, c) => {
    const result = await readUsage(ctx, params.account_id, query);
    if (result.kind !== "points") throw new InvalidRequest([{ ...reasons[result.kind], input: null }]);
    return c.json(
      result.points.map(({ at, sums }) => ({
        timestamp: formatSeconds(at),
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
      "Counts up to 1,000 events, each in the hour of its timestamp and once per id. Events that are too old or too far in the future are rejected individually. Requires `usage:write`: the role AOWNER or the group Metering.",
    params: accountById,
    body: eventsBody,
    bodyExample: { events: [{ id: "job-7", metric: "pages_processed", value: 3, knowledgebox: exampleBox }] },
    responses: () =>
      responses(
        json(200, "Number of counted events, and the rejected ones.", recordedSchema()),
        400,
        403,
        404,
        422,
      ),
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
  too_many_points: {
    loc: ["query", "aggregation"],
    ...valueError("This range has more than 10,000 points. Use a coarser aggregation."),
  },
  hours_gone: {
    loc: ["query", "from"],
    ...valueError("Hourly data is kept for 400 days. Use whole days and the aggregation day or coarser."),
  },
  too_large: {
    loc: ["query", "aggregation"],
    ...valueError("A sum exceeds 2^53-1. Use a finer aggregation."),
  },
} as const;

/** Formats a time as RFC 3339, with milliseconds only if they are not zero. */
function formatSeconds(time: number): string {
  return new Date(time).toISOString().replace(".000Z", "Z");
}
