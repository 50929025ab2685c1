import { listAccountAudit } from "../../services/audit-list.ts";
import { auditPageSchema, auditQuery, parseAuditQuery, toAuditPage } from "../fastapi/resources.ts";
import { json, responses } from "../fastapi/responses.ts";
import { accountBySlugOrId, operation } from "./surface.ts";

operation(
  {
    id: "listAccountAudit",
    method: "get",
    path: "/api/v1/account/{slug}/audit",
    tag: "Audit",
    summary: "List changes",
    description:
      "Returns the audit log of the account, newest changes first. Requires the role AOWNER. A filtered page searches up to 1,000 changes; continue while `next` is not null.",
    params: accountBySlugOrId,
    query: auditQuery,
    responses: () => responses(json(200, "The changes.", auditPageSchema()), 403, 404, 422),
  },
  async (ctx, { params, query }, c) =>
    c.json(toAuditPage(await listAccountAudit(ctx, params.slug, parseAuditQuery(query)))),
);
