/** The fields of an account that the accounts API and the operator API share. */
import { z } from "@hono/zod-openapi";

import { blockedFeatures, blockingStateAt, blockingStates } from "../../domain/account.ts";
import { uploadLimits, usageLimits } from "../../domain/limits.ts";
import { plans } from "../../domain/plan.ts";
import { formatTimestamp } from "../../domain/timestamp.ts";
import type { StoredAccount } from "../../services/accounts/access.ts";
import type { ResponseBody } from "../schema.ts";

const dateTime = () => z.iso.datetime().openapi({ format: "date-time" });

/** Returns the schemas of the shared fields. */
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
    creation_date: dateTime(),
    trial_expiration_date: dateTime().nullable(),
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

/** Returns the shared fields of a stored account; `now` decides whether a quota still blocks it. */
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
