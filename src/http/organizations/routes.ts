/** All operations of the organizations API. */
import { organizationsSurface } from "../django/surface.ts";
import "./analysts.ts";
import "./analysts.ts";
import "./increment.ts";
import "./invitations.ts";
import "./login-url.ts";
import "./organizations.ts";
import "./organizations.ts";
import "./users.ts";
import "./users.ts";

export const organizationsApi = organizationsSurface.mount("/accounts");
