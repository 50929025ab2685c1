import { z } from "@hono/zod-openapi";

import { listAudit } from "../../services/audit-list.ts";
import { auditPageSchema, auditQuery, parseAuditQuery, toAuditPage } from "../fastapi/resources.ts";
import { json, responses } from "../fastapi/responses.ts";
import { lazy, withMetadata } from "../schema.ts";
import { operation } from "./surface.ts";

operation(
  {
    id: "listAudit",
    method: "get",
    path: "/api/manage/@audit",
    tag: "Operator",
    summary: "List all changes",
    description:
      "Returns the changes of the whole service, newest first. A filtered page searches up to 1,000 changes; continue while `next` is not null.",
    query: lazy(() =>
      auditQuery().extend({
        account: withMetadata(z.string().optional(), {
          description: "Only changes of this account, by id or slug.",
        }),
      }),
    ),
    responses: () => responses(json(200, "The changes.", auditPageSchema()), 403, 422),
  },
  async (ctx, { query: { account, ...query } }, c) =>
    c.json(toAuditPage(await listAudit(ctx, account, parseAuditQuery(query)))),
);
