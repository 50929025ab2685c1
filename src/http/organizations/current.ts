import type { AppContext } from "../app-env.ts";
import { lazy } from "../deferred.ts";
import { parseQuery } from "../query.ts";
import { textFilter } from "./parameters.ts";

/** The name of the organization a request is about: `?organization=`, else the header; undefined where neither says. */
export function namedOrganization(c: AppContext): string | undefined {
  const name = parseQuery(c.req.url)["organization"] || c.req.header("X-Organization");
  return name === undefined || name.trim() === "" ? undefined : name.trim();
}

/** How a request names the organization it is about, as the document tells it. */
export const organizationParameters = lazy(() => ({
  organization: textFilter("The current organization, by uuid or slug; else the caller's only one."),
}));
