import { z } from "@hono/zod-openapi";

import { findPortal } from "../../services/accounts/get.ts";
import { namedOrganization, organizationParameters } from "../django/parameters.ts";
import { json, responses } from "../django/responses.ts";
import { operation } from "../django/surface.ts";
import { lazy } from "../lazy.ts";

const portalSchema = lazy(() =>
  z
    .object({ account_portal_url: z.url().nullable() })
    .openapi("Portal", { example: { account_portal_url: "https://accounts.example.com/portal/acme" } }),
);

operation(
  {
    id: "getPortal",
    usesCurrentOrganization: true,
    method: "get",
    path: "/accounts/portal/",
    tag: "Portal",
    summary: "Find the portal",
    description:
      "The portal of the current organization: the one named, else the caller's only one; null where none is named and the caller is in none or in several.",
    query: lazy(() => z.object(organizationParameters())),
    responses: () => responses(json(200, "Where the portal is.", portalSchema()), 404),
  },
  async (ctx, _input, c) => {
    const slug = await findPortal(ctx, namedOrganization(c));
    const url = slug === undefined ? null : `${ctx.settings.publicUrl}/portal/${slug}`;
    return c.json({ account_portal_url: url }, 200);
  },
);
