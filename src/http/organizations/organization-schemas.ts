/** What this face reads and shows of an organization. */
import { z } from "@hono/zod-openapi";

import type { Context } from "../../services/caller/context.ts";
import { organizationName, organizationSlug } from "../django/text-fields.ts";
import { lazy, type ResponseBody } from "../lazy.ts";
import { logoUrl } from "../logo-url.ts";
import { withSchemaName } from "../openapi/metadata.ts";

const example = {
  uuid: "7e0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f11",
  name: "Acme",
  slug: "acme",
  account_portal_url: "https://accounts.example.com/portal/acme",
  logo_url:
    "https://accounts.example.com/api/v1/account/acme/logo.png?account_id=7e0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f11",
};

export const organizationSchema = lazy(() =>
  z
    .object({
      uuid: z.uuid(),
      name: z.string(),
      slug: z.string(),
      account_portal_url: z.url(),
      logo_url: z
        .url()
        .nullable()
        .openapi({ description: "Takes the same token; null where there is no logo." }),
    })
    .openapi("Organization", { example }),
);

export const organizationBody = lazy(() =>
  withSchemaName("OrganizationBody", z.object({ name: organizationName(), slug: organizationSlug() }), {
    required: ["name", "slug"],
  }),
);
export const organizationChanges = lazy(() =>
  withSchemaName(
    "OrganizationChanges",
    z.object({ name: organizationName().optional(), slug: organizationSlug().optional() }),
  ),
);

export function toOrganization(
  ctx: Context,
  account: { uuid: string; title: string; slug: string; logoHash: string | null },
): ResponseBody<typeof organizationSchema> {
  const { uuid, title, slug } = account;
  const { publicUrl } = ctx.settings;
  return {
    uuid,
    name: title,
    slug,
    account_portal_url: `${publicUrl}/portal/${slug}`,
    logo_url: logoUrl(publicUrl, account),
  };
}
