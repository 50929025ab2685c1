/** Every operation of the organizations face, under its prefix. */
import "./analysts.ts";
import "./organizations.ts";
import "./increment.ts";
import "./invitations.ts";
import "./groups.ts";
import "./current-analyst.ts";
import "./login-url.ts";
import "./portal.ts";
import "./users.ts";

import { organizationsSurface } from "./operation.ts";

export const organizationsApi = organizationsSurface.mount("/accounts");
