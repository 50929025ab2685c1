/** Every operation of the organizations face, under its prefix. */
import "./organizations.ts";

import { face } from "./operation.ts";

export const organizationsFace = face.mount("/accounts");
