import { z } from "@hono/zod-openapi";

import { normalizeText } from "../../domain/text.ts";
import { parseUuid } from "../../domain/uuid.ts";
import type { AppContext } from "../app-env.ts";
import { parseQuery } from "../request.ts";
import { lazy, withMetadata } from "../schema.ts";
import { addIssue } from "./validation.ts";

/** The name of the organization a request is about: `?organization=`, else the header; undefined where neither says. */
export function namedOrganization(c: AppContext): string | undefined {
  const name = parseQuery(c.req.url)["organization"] || c.req.header("X-Organization");
  return name === undefined || name.trim() === "" ? undefined : name.trim();
}

/** How a request names the organization it is about, as the document tells it. */
export const organizationParameters = lazy(() => ({
  organization: textFilter("The current organization, by uuid or slug; else the caller's only one."),
}));

/** What stands in this face's addresses: filters, and the uuid in a path. */

/** A filter by UUID, in any spelling; empty means no filter. */
export const uuidFilter = lazy(() =>
  filter("uuid", (value) => parseUuid(value.trim()), "Enter a valid UUID."),
);

/** A filter by an integer key; empty means no filter. */
export const idFilter = lazy(() =>
  filter(
    "id",
    (value) => (/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/.test(value) ? Number(value) : undefined),
    "Enter a number.",
  ),
);

/** A filter by a text, as texts are stored; empty means no filter. */
export function textFilter(description: string) {
  return withMetadata(
    z
      .string()
      .optional()
      .transform((value) => (value === undefined || value.trim() === "" ? undefined : normalizeText(value))),
    { description },
  );
}

/** A UUID in the path, in any spelling the framework takes. */
export const uuidParameter = lazy(() =>
  withMetadata(
    z.string().transform((value, context): string => parseUuid(value) ?? addIssue(context, "Not found.")),
    { type: "string", format: "uuid", param: { name: "uuid", in: "path" } },
  ),
);

function filter<Value>(name: string, read: (value: string) => Value | undefined, sentence: string) {
  return withMetadata(
    z
      .string()
      .optional()
      .transform((value, context) => {
        if (value === undefined || value.trim() === "") return undefined;
        return read(value) ?? addIssue(context, sentence);
      }),
    { type: "string", description: `Only the one with this ${name}.` },
  );
}
