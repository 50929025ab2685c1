/** The shapes of accounts on this face, and how a stored account becomes one. */
import { z } from "@hono/zod-openapi";

import {
  blockedFeatures,
  blockingStateAt,
  blockingStates,
  descriptionLength,
  titleLength,
} from "../../domain/account.ts";
import { type Permission, roleGrants } from "../../domain/permissions.ts";
import { planLimits, plans } from "../../domain/plan.ts";
import { formatTimestamp } from "../../domain/timestamp.ts";
import type { Access } from "../../services/accounts/access.ts";
import type { Context } from "../../services/caller/context.ts";
import { limitsSchema } from "../fastapi/limits.ts";
import { email, slug, text } from "../fastapi/text-fields.ts";
import { lazy, type ResponseBody } from "../lazy.ts";
import { withSchemaName } from "../openapi/metadata.ts";
import { samlBody } from "./saml.ts";

const nullableInteger = () => z.int().nullable();
const moment = () => z.iso.datetime().openapi({ format: "date-time" });

export const exampleAccount = {
  id: "7e0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f11",
  slug: "acme",
  title: "Acme",
  type: "stash-trial",
  description: null,
  can_manage_account: true,
  current_users: 1,
  max_users: 10,
  current_kbs: 0,
  max_kbs: 1,
  blocking_state: "unblocked",
  blocked_features: [],
  limits: { upload: null, usage: null },
  creation_date: "2026-01-31T13:00:00.000Z",
  trial_expiration_date: "2026-02-14T13:00:00.000Z",
  domain: null,
  saml_entity_id: null,
  saml_sso_url: null,
  saml_x509_cert: null,
  zone: null,
  zone_visibility: "DEFAULT",
};

export const accountSchema = lazy(() =>
  z
    .object({
      id: z.uuid(),
      slug: z.string(),
      title: z.string(),
      type: z.enum(plans),
      description: z.string().nullable(),
      can_manage_account: z.boolean().openapi({ description: "Whether the caller may modify it." }),
      current_users: z.int(),
      max_users: nullableInteger().openapi({
        description: "Members and pending invitations; null: any number.",
      }),
      current_kbs: z.int(),
      max_kbs: nullableInteger(),
      blocking_state: z.enum(blockingStates),
      blocked_features: z.array(z.enum(blockedFeatures)),
      limits: limitsSchema(),
      creation_date: moment(),
      trial_expiration_date: moment().nullable(),
      domain: z.string().nullable(),
      saml_entity_id: z.string().nullable(),
      saml_sso_url: z.string().nullable(),
      saml_x509_cert: z.string().nullable(),
      zone: z.string().nullable().openapi({ description: "The slug of the zone it is placed in." }),
      zone_visibility: z.enum(["DEFAULT"]),
    })
    .openapi("Account", { example: exampleAccount }),
);

export const listedAccountSchema = lazy(() =>
  accountSchema()
    .pick({ id: true, slug: true, title: true, type: true, zone_visibility: true })
    .openapi("ListedAccount", {
      example: {
        id: exampleAccount.id,
        slug: "acme",
        title: "Acme",
        type: "stash-trial",
        zone_visibility: "DEFAULT",
      },
    }),
);

export const createdAccountSchema = lazy(() =>
  z.object({ id: z.uuid() }).openapi("CreatedAccount", { example: { id: exampleAccount.id } }),
);

const title = lazy(() =>
  text({ min: 1, max: titleLength, description: "What people call it.", example: "Acme" }),
);
const description = lazy(() => text({ max: descriptionLength, lines: true, description: "What it is for." }));

export const accountCreationBody = lazy(() =>
  withSchemaName(
    "AccountCreation",
    z.object({
      slug: slug(),
      title: title().optional(),
      description: description().nullish(),
      email: email().nullish(),
      zone: text({
        description: "The id or slug of the zone to place it in, for good.",
        example: "europe-1",
      }).nullish(),
    }),
  ),
);

export const accountModificationBody = lazy(() =>
  withSchemaName(
    "AccountModification",
    z.object({
      title: title().nullish(),
      description: description().nullish(),
      saml: samlBody().nullish(),
      slug: slug().nullish(),
    }),
    {
      description:
        "A key left out stays; `null` clears description and saml, and leaves title and slug as they are.",
    },
  ),
);

/** An account as its reader may see it. */
export function toAccount(ctx: Context, { caller, account }: Access): ResponseBody<typeof accountSchema> {
  const may = (permission: Permission) =>
    caller.globalPermissions.has(permission) || roleGrants(account.callerRole ?? undefined, permission);
  const plan = planLimits[account.type];
  const saml = may("saml:read");
  return {
    id: account.uuid,
    slug: account.slug,
    title: account.title,
    type: account.type,
    description: account.description,
    can_manage_account: may("account:write"),
    current_users: account.memberCount,
    max_users: account.maxUsers ?? plan.maxUsers,
    current_kbs: account.currentKnowledgeBoxes,
    max_kbs: account.maxKnowledgeBoxes ?? plan.maxKnowledgeBoxes,
    blocking_state: blockingStateAt(account.blockingState, account.quotaUntil, ctx.now),
    blocked_features: account.blockedFeatures,
    limits: account.limits ?? { upload: null, usage: null },
    creation_date: formatTimestamp(account.createdAt),
    trial_expiration_date: formatTimestamp(account.trialExpiresAt),
    domain: saml ? account.samlDomain : null,
    saml_entity_id: saml ? account.samlEntityId : null,
    saml_sso_url: saml ? account.samlSsoUrl : null,
    saml_x509_cert: saml ? account.samlX509Cert : null,
    zone: account.zoneSlug,
    zone_visibility: "DEFAULT",
  };
}
