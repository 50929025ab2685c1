/** All operations of the accounts API. */
import "./access-tokens.ts";
import "./accounts.ts";
import "./audit.ts";
import "./export.ts";
import "./invites.ts";
import "./invites.ts";
import "./logos.ts";
import "./members.ts";
import "./members.ts";
import { accountsSurface } from "./surface.ts";
import "./usage.ts";
import "./user.ts";
import "./zones.ts";

export const accountsApi = accountsSurface.mount("/api/v1");
