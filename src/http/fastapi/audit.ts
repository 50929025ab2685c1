/** Audit logs in the accounts API and the operator API. */
import { z } from "@hono/zod-openapi";

import { formatTimestamp } from "../../domain/timestamp.ts";
import type { AuditPage, AuditRequest, AuditRow } from "../../services/audit-list.ts";
import { lazy, type RequestBody, type ResponseBody, withMetadata } from "../schema.ts";
import { dateTime, integer } from "./fields.ts";
import { addIssue, valueError } from "./validation.ts";

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
