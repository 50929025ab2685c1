/** Every operation of the organizations face, under its prefix. */
import { organizationsSurface } from "../django/surface.ts";
import "./analysts.ts";
import "./current-analyst.ts";
import "./groups.ts";
import "./increment.ts";
import "./invitations.ts";
import "./login-url.ts";
import "./organizations.ts";
import "./portal.ts";
import "./users.ts";

export const organizationsApi = organizationsSurface.mount("/accounts");
