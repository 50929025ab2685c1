import { z } from "@hono/zod-openapi";

import { listAudit } from "../../services/audit-list.ts";
import { deferred } from "../deferred.ts";
import { described } from "../described.ts";
import { answers, json } from "../fastapi/answers.ts";
import { auditPageSchema, auditQuery, presentAudit, readAuditQuery } from "../fastapi/audit.ts";
import { operation } from "./operation.ts";

operation(
  {
    id: "listAudit",
    method: "get",
    path: "/api/manage/@audit",
    tag: "Operator",
    summary: "List all changes",
    description:
      "What was changed anywhere, by whom and when, the newest first. A filtered page looks through 1,000 changes at the most: go on while `next` is not null.",
    query: deferred(() =>
      auditQuery().extend({
        account: described(z.string().optional(), {
          description: "Only those of this account, by id or slug.",
        }),
      }),
    ),
    responses: () => answers(json(200, "The changes.", auditPageSchema()), 403, 422),
  },
  async (ctx, { query: { account, ...query } }, c) =>
    c.json(presentAudit(await listAudit(ctx, account, readAuditQuery(query)))),
);
