/** Every operation of the operator's face, under its prefix. */
import "./accounts.ts";
import "./audit.ts";
import "./exports.ts";
import "./imports.ts";
import "./users.ts";
import "./zones.ts";

import { operatorApi } from "./operation.ts";

export const operatorFace = operatorApi.mount("/api/manage");
