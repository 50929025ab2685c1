import type { OperationId } from "../../../src/domain/permissions.ts";
import { accountsCosts } from "./accounts.ts";
import type { OperationCost } from "./operation-cost.ts";
import { manageCosts } from "./operator.ts";
import { organizationsCosts } from "./organizations.ts";

/** Requests and costs of all operations. A missing operation is a type error. */
export const costs: Readonly<Record<OperationId, OperationCost>> = {
  ...organizationsCosts,
  ...accountsCosts,
  ...manageCosts,
  getRoot: { send: (caller) => caller.get("/"), status: 200, roundTrips: 0, read: 0, written: 0 },
  getHealth: { send: (caller) => caller.get("/healthz"), status: 200, roundTrips: 0, read: 0, written: 0 },
  getReadiness: {
    send: (caller) => caller.get("/readyz"),
    status: 200,
    roundTrips: 1,
    read: 3,
    written: 0,
    objects: 1,
  },
  getDocument: {
    send: (caller) => caller.get("/openapi.json"),
    status: 200,
    roundTrips: 0,
    read: 0,
    written: 0,
  },
  getInvitePage: { send: (caller) => caller.get("/invite"), status: 200, roundTrips: 0, read: 0, written: 0 },
  getDocsPage: { send: (caller) => caller.get("/docs"), status: 200, roundTrips: 0, read: 0, written: 0 },
};
