import { z } from "@hono/zod-openapi";

import { cloudProviders, locationHints } from "../../domain/zone.ts";
import { isNamed } from "../../services/accounts/access.ts";
import type { Context } from "../../services/context.ts";
import { listAccountZones, listZones, type Zone } from "../../services/zones.ts";
import { namedAccount } from "./accounts.ts";
import { answers, json } from "./answers.ts";
import { operation } from "./operation.ts";

const tag = "Zones";

const zoneSchema = z
  .object({
    id: z.uuid(),
    slug: z.string().regex(/^[.a-z0-9_-]+$/),
    title: z.string(),
    cloud_provider: z.enum(cloudProviders),
    private: z.boolean(),
    origin: z.string().nullable(),
    location_hint: z
      .enum(locationHints)
      .nullable()
      .optional()
      .openapi({ description: "Where usage is counted; shown to operators." }),
  })
  .openapi("Zone", {
    example: {
      id: "6b0c3f52-1a0e-4a57-9f6e-2d6a8f0d1e01",
      slug: "europe-1",
      title: "Europe 1",
      cloud_provider: "CLOUDFLARE",
      private: false,
      origin: null,
    },
  });

operation(
  {
    id: "listZones",
    method: "get",
    path: "/api/v1/zones",
    tag,
    summary: "List zones",
    description: "The zones an account can be placed in.",
    responses: answers(json(200, "The zones.", z.array(zoneSchema))),
  },
  async (ctx, _input, c) => {
    const zones = await listZones(ctx);
    return c.json(zones.map((zone) => presentZone(ctx, zone)));
  },
);

operation(
  {
    id: "listAccountZones",
    method: "get",
    path: "/api/v1/account/{slug}/zones",
    tag,
    summary: "List zones of an account",
    description: "The public zones, and the private one the account is placed in.",
    params: namedAccount,
    responses: answers(json(200, "The zones.", z.array(zoneSchema)), 403, 404),
  },
  async (ctx, { params }, c) => {
    const zones = await listAccountZones(ctx, isNamed(params.slug));
    return c.json(zones.map((zone) => presentZone(ctx, zone)));
  },
);

function presentZone(ctx: Context, zone: Zone): z.input<typeof zoneSchema> {
  return {
    id: zone.uuid,
    slug: zone.slug,
    title: zone.title,
    cloud_provider: zone.cloudProvider,
    private: zone.private,
    origin: zone.origin,
    ...(ctx.principal.operator ? { location_hint: zone.locationHint } : {}),
  };
}
