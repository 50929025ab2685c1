import { z } from "@hono/zod-openapi";

import { cloudProviders, locationHints } from "../../domain/zone.ts";
import type { Zone } from "../../services/zones/zones.ts";
import { lazy, type ResponseBody } from "../schema.ts";

export const zoneSchema = lazy(() =>
  z
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
        .openapi({ description: "Location of the usage counters. Only operators see it." }),
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
    }),
);

/** Returns the representation of a zone. */
export function toZone(zone: Zone): ResponseBody<typeof zoneSchema> {
  return {
    id: zone.uuid,
    slug: zone.slug,
    title: zone.title,
    cloud_provider: zone.cloudProvider,
    private: zone.private,
    origin: zone.origin,
    ...(zone.locationHint === undefined ? {} : { location_hint: zone.locationHint }),
  };
}
