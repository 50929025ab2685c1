import { z } from "@hono/zod-openapi";

import { titleLength } from "../../domain/account.ts";
import { parseUuid } from "../../domain/uuid.ts";
import { cloudProviders, locationHints } from "../../domain/zone.ts";
import {
  createZone,
  deleteZone,
  getZone,
  listManagedZones,
  updateZone,
} from "../../services/operator/zones.ts";
import { boolean, text, uuid } from "../fastapi/fields.ts";
import { toZone, zoneSchema } from "../fastapi/resources.ts";
import { empty, json, responses } from "../fastapi/responses.ts";
import { valueError } from "../fastapi/validation.ts";
import { lazy, withMetadata, withSchemaName } from "../schema.ts";
import { operation, pageSchema } from "./surface.ts";

const tag = "Operator";
const exampleId = "6b0c3f52-1a0e-4a57-9f6e-2d6a8f0d1e01";
const params = lazy(() =>
  z.object({
    id: withMetadata(uuid("Id of the zone."), { param: { name: "id", in: "path" }, example: exampleId }),
  }),
);

const slug = lazy(() =>
  text({
    max: titleLength,
    pattern: "^[.a-z0-9_-]+$",
    check: (value) => (parseUuid(value) === undefined ? undefined : valueError("This slug is reserved.")),
    description: "Unique. Must not look like a UUID.",
    example: "europe-2",
  }),
);
const title = lazy(() =>
  text({ name: true, min: 1, max: titleLength, description: "Display name.", example: "Europe 2" }),
);
const hidden = lazy(() => boolean("Whether only operators can place accounts in the zone."));
const origin = lazy(() =>
  text({
    min: 1,
    max: 2048,
    description: "URL of the zone's services.",
    example: "https://eu.example",
  }),
);
const locationHint = lazy(() =>
  withMetadata(z.enum(locationHints), {
    description: "Location of the usage counters. It cannot change once an account is placed in the zone.",
  }),
);

const zoneBody = lazy(() =>
  withSchemaName(
    "ZoneBody",
    z.object({
      slug: slug(),
      title: title(),
      cloud_provider: z.enum(cloudProviders),
      private: hidden().optional(),
      origin: origin().nullish(),
      location_hint: locationHint().nullish(),
    }),
  ),
);
const zoneChanges = lazy(() =>
  withSchemaName(
    "ZoneChanges",
    z.object({
      slug: slug().optional(),
      title: title().optional(),
      cloud_provider: z.enum(cloudProviders).optional(),
      private: hidden().optional(),
      origin: origin().nullish(),
      location_hint: locationHint().nullish(),
    }),
    { description: "Omitted fields keep their values." },
  ),
);

operation(
  {
    id: "listManagedZones",
    method: "get",
    path: "/api/manage/@zones",
    tag,
    summary: "List all zones",
    description: "Returns all zones, oldest first.",
    responses: () => responses(json(200, "The zones.", pageSchema("ZonePage", zoneSchema())), 403),
  },
  async (ctx, _input, c) => c.json({ items: (await listManagedZones(ctx)).map(toZone), next: null }),
);

operation(
  {
    id: "createZone",
    idempotent: true,
    method: "post",
    path: "/api/manage/@zones",
    tag,
    summary: "Create zone",
    description: "Creates a zone for accounts.",
    body: zoneBody,
    bodyExample: { slug: "europe-2", title: "Europe 2", cloud_provider: "CLOUDFLARE", location_hint: "eeur" },
    responses: () => responses(json(201, "The zone.", zoneSchema()), 400, 403, 409, 422),
  },
  async (ctx, { body }, c) => {
    const zone = await createZone(ctx, {
      slug: body.slug,
      title: body.title,
      cloudProvider: body.cloud_provider,
      private: body.private ?? false,
      origin: body.origin ?? null,
      locationHint: body.location_hint ?? null,
    });
    return c.json(toZone(zone), 201);
  },
);

operation(
  {
    id: "getZone",
    method: "get",
    path: "/api/manage/@zone/{id}",
    tag,
    summary: "Get zone",
    description: "Returns one zone.",
    params,
    responses: () => responses(json(200, "The zone.", zoneSchema()), 403, 404, 422),
  },
  async (ctx, input, c) => c.json(toZone(await getZone(ctx, input.params.id))),
);

operation(
  {
    id: "updateZone",
    method: "patch",
    path: "/api/manage/@zone/{id}",
    tag,
    summary: "Modify zone",
    description:
      "Changes a zone. Omitted fields keep their values. The location of the usage counters cannot change once an account is placed in the zone (409).",
    params,
    body: zoneChanges,
    bodyExample: { title: "Europe, east" },
    responses: () => responses(json(200, "The zone.", zoneSchema()), 400, 403, 404, 409, 422),
  },
  async (ctx, { params: { id }, body }, c) => {
    const { cloud_provider: cloudProvider, location_hint: hint, ...fields } = body;
    return c.json(toZone(await updateZone(ctx, id, { ...fields, cloudProvider, locationHint: hint })));
  },
);

operation(
  {
    id: "deleteZone",
    method: "delete",
    path: "/api/manage/@zone/{id}",
    tag,
    summary: "Delete zone",
    description: "Deletes a zone. 409 while accounts are placed in it.",
    params,
    responses: () => responses(empty("The zone was deleted."), 403, 404, 409, 422),
  },
  async (ctx, input, c) => {
    await deleteZone(ctx, input.params.id);
    return c.body(null, 204);
  },
);
