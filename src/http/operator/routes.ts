/** All operations of the operator API. */
import "./accounts.ts";
import "./audit.ts";
import "./export-import.ts";
import "./export-import.ts";
import { operatorSurface } from "./surface.ts";
import "./users.ts";
import "./zones.ts";

export const operatorApi = operatorSurface.mount("/api/manage");
