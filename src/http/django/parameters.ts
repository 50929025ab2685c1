/** Query and path parameters of the organizations API. */
import { z } from "@hono/zod-openapi";

import { normalizeText } from "../../domain/text.ts";
import { parseUuid } from "../../domain/uuid.ts";
import type { AppContext } from "../app-env.ts";
import { parseQuery } from "../request.ts";
import { lazy, withMetadata } from "../schema.ts";
import { addIssue } from "./validation.ts";

/** Returns the organization that the request specifies: `?organization=`, else `X-Organization`. */
export function namedOrganization(c: AppContext): string | undefined {
  const name = parseQuery(c.req.url)["organization"] || c.req.header("X-Organization");
  return name === undefined || name.trim() === "" ? undefined : name.trim();
}

/** Query parameter that specifies the current organization. */
export const organizationParameters = lazy(() => ({
  organization: textFilter(
    "The current organization, by uuid or slug. Default: the caller's only organization.",
  ),
}));

/** A filter by UUID in any notation. Empty means no filter. */
export const uuidFilter = lazy(() =>
  filter("uuid", (value) => parseUuid(value.trim()), "Enter a valid UUID."),
);

/** A filter by integer id. Empty means no filter. */
export const idFilter = lazy(() =>
  filter(
    "id",
    (value) => (/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/.test(value) ? Number(value) : undefined),
    "Enter a number.",
  ),
);

/** Returns a filter by text, normalized like stored text. Empty means no filter. */
export function textFilter(description: string) {
  return withMetadata(
    z
      .string()
      .optional()
      .transform((value) => (value === undefined || value.trim() === "" ? undefined : normalizeText(value))),
    { description },
  );
}

/** A UUID in the path, in any notation that the framework accepts. */
export const uuidParameter = lazy(() =>
  withMetadata(
    z.string().transform((value, context): string => parseUuid(value) ?? addIssue(context, "Not found.")),
    { type: "string", format: "uuid", param: { name: "uuid", in: "path" } },
  ),
);

function filter<Value>(name: string, read: (value: string) => Value | undefined, message: string) {
  return withMetadata(
    z
      .string()
      .optional()
      .transform((value, context) => {
        if (value === undefined || value.trim() === "") return undefined;
        return read(value) ?? addIssue(context, message);
      }),
    { type: "string", description: `Returns only the organization with this ${name}.` },
  );
}
