import { z } from "@hono/zod-openapi";

import { AccountName } from "../../services/accounts/access.ts";
import { listAccountZones, listZones } from "../../services/zones/zones.ts";
import { toZone, zoneSchema } from "../fastapi/resources.ts";
import { json, responses } from "../fastapi/responses.ts";
import { accountBySlugOrId, operation } from "./surface.ts";

const tag = "Zones";

operation(
  {
    id: "listZones",
    method: "get",
    path: "/api/v1/zones",
    tag,
    summary: "List zones",
    description: "Returns the zones that accounts can be placed in.",
    responses: () => responses(json(200, "The zones.", z.array(zoneSchema()))),
  },
  async (ctx, _input, c) => {
    const zones = await listZones(ctx);
    return c.json(zones.map(toZone));
  },
);

operation(
  {
    id: "listAccountZones",
    method: "get",
    path: "/api/v1/account/{slug}/zones",
    tag,
    summary: "List zones of an account",
    description: "Returns the public zones and the private zone of the account, if any.",
    params: accountBySlugOrId,
    responses: () => responses(json(200, "The zones.", z.array(zoneSchema())), 403, 404),
  },
  async (ctx, { params }, c) => {
    const zones = await listAccountZones(ctx, new AccountName(params.slug));
    return c.json(zones.map(toZone));
  },
);
