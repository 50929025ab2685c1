import { listAccountAudit } from "../../services/audit-list.ts";
import { answers, json } from "../fastapi/answers.ts";
import { auditPageSchema, auditQuery, presentAudit, readAuditQuery } from "../fastapi/audit.ts";
import { namedAccount } from "./paths.ts";
import { operation } from "./operation.ts";

operation(
  {
    id: "listAccountAudit",
    method: "get",
    path: "/api/v1/account/{slug}/audit",
    tag: "Audit",
    summary: "List changes",
    description:
      "What was changed in the account, by whom and when, the newest first. For owners. A filtered page looks through 1,000 changes at the most: go on while `next` is not null.",
    params: namedAccount,
    query: auditQuery,
    responses: () => answers(json(200, "The changes.", auditPageSchema()), 403, 404, 422),
  },
  async (ctx, { params, query }, c) =>
    c.json(presentAudit(await listAccountAudit(ctx, params.slug, readAuditQuery(query)))),
);
