/** Representations that the accounts API and the operator API share: account fields, zones, audit logs. */
import { z } from "@hono/zod-openapi";

import { blockedFeatures, blockingStateAt, blockingStates } from "../../domain/account.ts";
import { plans, uploadLimits, usageLimits } from "../../domain/plan.ts";
import { formatTimestamp } from "../../domain/timestamp.ts";
import { cloudProviders, locationHints } from "../../domain/zone.ts";
import type { StoredAccount } from "../../services/accounts/access.ts";
import type { AuditPage, AuditRequest, AuditRow } from "../../services/audit-list.ts";
import type { Zone } from "../../services/zones/zones.ts";
import { lazy, type RequestBody, type ResponseBody, withMetadata } from "../schema.ts";
import { dateTime, integer } from "./fields.ts";
import { addIssue, valueError } from "./validation.ts";

const timestamp = () => z.iso.datetime().openapi({ format: "date-time" });

/** Returns the schemas of the account fields that both APIs have. */
export function accountFields() {
  return {
    id: z.uuid(),
    slug: z.string(),
    title: z.string(),
    type: z.enum(plans),
    description: z.string().nullable(),
    current_users: z.int(),
    current_kbs: z.int(),
    blocking_state: z.enum(blockingStates),
    blocked_features: z.array(z.enum(blockedFeatures)),
    limits: z.object({
      upload: limitsOf(uploadLimits).nullable(),
      usage: limitsOf(usageLimits).nullable(),
    }),
    creation_date: timestamp(),
    trial_expiration_date: timestamp().nullable(),
    domain: z.string().nullable(),
    saml_entity_id: z.string().nullable(),
    saml_sso_url: z.string().nullable(),
    saml_x509_cert: z.string().nullable(),
    zone: z.string().nullable().openapi({ description: "Slug of the account's zone." }),
  };
}

function limitsOf<Name extends string>(names: readonly Name[]) {
  const limit = z.int().nullable();
  return z.object(Object.fromEntries(names.map((name) => [name, limit])) as Record<Name, typeof limit>);
}

type SharedFields = ResponseBody<() => z.ZodObject<ReturnType<typeof accountFields>>>;

/** Returns those fields of a stored account; `now` decides whether a quota still blocks it. */
export function toAccountFields(
  account: StoredAccount & { readonly zoneSlug: string | null },
  now: number,
): SharedFields {
  return {
    id: account.uuid,
    slug: account.slug,
    title: account.title,
    type: account.type,
    description: account.description,
    current_users: account.memberCount,
    current_kbs: account.currentKnowledgeBoxes,
    blocking_state: blockingStateAt(account.blockingState, account.quotaUntil, now),
    blocked_features: account.blockedFeatures,
    limits: account.limits ?? { upload: null, usage: null },
    creation_date: formatTimestamp(account.createdAt),
    trial_expiration_date: formatTimestamp(account.trialExpiresAt),
    domain: account.samlDomain,
    saml_entity_id: account.samlEntityId,
    saml_sso_url: account.samlSsoUrl,
    saml_x509_cert: account.samlX509Cert,
    zone: account.zoneSlug,
  };
}

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

const defaultLimit = 20;
const maxLimit = 100;

export const auditPageSchema = lazy(() =>
  z
    .object({
      items: z.array(
        z.object({
          id: z.int(),
          at: z.iso.datetime(),
          actor: z.string().openapi({ description: "Id of the user who made the change, or `system`." }),
          action: z
            .string()
            .openapi({ description: "Kind of object and change, such as `account.updated`." }),
          target: z.string().openapi({ description: "The object that was changed." }),
          changes: z
            .record(z.string(), z.unknown())
            .openapi({ description: "Old and new value of each changed field. Secrets are omitted." }),
          request_id: z.string(),
        }),
      ),
      next: z.string().nullable().openapi({
        description: "Cursor of the next page; null at the end. A page can be short although more follow.",
      }),
    })
    .openapi("AuditPage", {
      example: {
        items: [
          {
            id: 1811808000000000,
            at: "2026-01-31T13:00:00.000Z",
            actor: "0b4b8c0e-7c0e-4b57-9d3d-0a4f2d6f7a10",
            action: "account.updated",
            target: "account:7e0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f11",
            changes: { title: ["Acme", "Acme Ltd"] },
            request_id: "3f0f7c1e-63c0-4a3b-8f6c-7a8a2c3f9b10",
          },
        ],
        next: null,
      },
    }),
);

/** Query parameters of an audit log. */
export const auditQuery = lazy(() =>
  z.object({
    cursor: withMetadata(
      z
        .string()
        .transform((value, context) => {
          if (/^\d{1,16}$/.test(value) && Number.isSafeInteger(Number(value))) return Number(value);
          return addIssue(
            context,
            valueError("Invalid cursor. Use the value of `next` from the previous page."),
          );
        })
        .optional(),
      { type: "string", description: "Start of the page: the value of `next` from the previous page." },
    ),
    limit: integer({
      min: 1,
      max: maxLimit,
      description: `Changes per page. Default ${defaultLimit}.`,
    }).optional(),
    actor: withMetadata(z.string().optional(), { description: "Only changes by this actor." }),
    action: withMetadata(z.string().optional(), { description: "Only changes with this action." }),
    from: dateTime("Only changes at or after this time.").optional(),
    to: dateTime("Only changes before this time.").optional(),
  }),
);

export function parseAuditQuery({ cursor, limit, ...filter }: RequestBody<typeof auditQuery>): AuditRequest {
  return { ...filter, before: cursor, limit: limit ?? defaultLimit };
}

export function toAuditPage({ items, next }: AuditPage): ResponseBody<typeof auditPageSchema> {
  return {
    items: items.map(toAuditEntry),
    next: next === null ? null : String(next),
  };
}

/** Returns the representation of one change. */
export function toAuditEntry({ id, at, actor, action, target, changes, requestId }: AuditRow) {
  return { id, at: formatTimestamp(at), actor, action, target, changes, request_id: requestId };
}
