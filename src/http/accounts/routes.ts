/** Every operation of the accounts face, under its prefix. */
import "./accounts.ts";
import "./user.ts";
import "./zones.ts";

import { face } from "./operation.ts";

export const accountsFace = face.mount("/api/v1");
