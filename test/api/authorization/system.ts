/** Rows of the operations outside the APIs. */
import { type AuthorizationRow, open } from "./row.ts";

export const systemRows: readonly AuthorizationRow[] = [
  {
    id: "getRoot",
    statuses: open(200),
    send: (caller) => caller.get("/"),
  },
  {
    id: "getHealth",
    statuses: open(200),
    send: (caller) => caller.get("/healthz"),
  },
  {
    id: "getReadiness",
    statuses: open(200),
    send: (caller) => caller.get("/readyz"),
  },
  {
    id: "getDocument",
    statuses: open(200),
    send: (caller) => caller.get("/openapi.json"),
  },
  {
    id: "getDocsPage",
    statuses: open(200),
    send: (caller) => caller.get("/docs"),
  },
  {
    id: "getInvitePage",
    statuses: open(200),
    send: (caller) => caller.get("/invite"),
  },
];
