import type { z } from "@hono/zod-openapi";

import { operations } from "../../domain/permissions.ts";
import { queryAsCaller } from "../../services/caller/caller.ts";
import type { Context } from "../../services/caller/context.ts";
import type { AppContext } from "../app-env.ts";
import { authenticate, authenticateBeforeRejecting } from "../authenticate.ts";
import { withIdempotencyKey } from "../idempotency.ts";
import { parseQuery } from "../request.ts";
import { ApiSurface, type OperationContract } from "../surface.ts";
import { mediaTypes, readBody } from "./body.ts";
import { notFound, payloadTooLarge, RequestError, toErrorResponse } from "./errors.ts";
import { InvalidRequest, nullCharacters, parseFields } from "./validation.ts";

/** The organizations face: `/accounts/…/` in Django REST framework's manner. */
export const organizationsSurface = new ApiSurface({
  toErrorResponse,
  payloadTooLarge,
  notFound: (c) => {
    const { pathname, search } = new URL(c.req.url);
    if (!organizationsSurface.serves(`${pathname}/`)) return notFound(c);
    const safe = c.req.method === "GET" || c.req.method === "HEAD";
    return c.redirect(`${pathname}/${search}`, safe ? 301 : 308);
  },
  decorateResponse: (c, allowed) => {
    c.header("Allow", allowHeader(allowed));
    c.header("Vary", "Accept");
    requireJsonAccepted(c);
  },
  methodNotAllowed: async (c, allowed) => {
    const ctx = await authenticate(c, "signed-in");
    await queryAsCaller(ctx);
    if (c.req.method === "OPTIONS") return c.json({ renders: ["application/json"], parses: mediaTypes }, 200);
    return c.json({ detail: `Method "${c.req.method}" not allowed.` }, 405, { Allow: allowHeader(allowed) });
  },
  mediaTypes,
});

export interface OrganizationInput<Params, Query, Body> {
  readonly params: Params extends z.ZodType ? z.output<Params> : undefined;
  readonly query: Query extends z.ZodType ? z.output<Query> : undefined;
  /** Every key of the query as it was sent. */
  readonly rawQuery: Readonly<Record<string, string>>;
  /** Reads the body's fields: asked for only once the object is found and may be changed. */
  readonly body: () => Promise<Body extends z.ZodType ? z.output<Body> : undefined>;
}

/**
 * Adds an operation. The order of checks is the framework's: what is accepted, credentials, then
 * the object, and the body only after it.
 */
export function operation<Params = undefined, Query = undefined, Body = undefined>(
  contract: OperationContract<Params, Query, Body>,
  serve: (ctx: Context, input: OrganizationInput<Params, Query, Body>, c: AppContext) => Promise<Response>,
): void {
  organizationsSurface.register(contract, async (c) => {
    const ctx = await authenticate(c, operations[contract.id], contract.exemptFromRateLimit !== true);
    await contract.rateLimit?.(c, ctx.principal);
    const rawQuery = parseQuery(c.req.url);
    const { params, query } = await authenticateBeforeRejecting(ctx, () => ({
      params: readParams(contract.params?.(), c.req.param()),
      query: readQuery(contract.query?.(), rawQuery),
    }));
    const keyed =
      contract.idempotent === true
        ? withIdempotencyKey(c, ctx, contract.id, () => readBody(c))
        : Promise.resolve(ctx);
    let read: Promise<unknown> | undefined;
    const body = () => (read ??= readFields(c, contract, keyed));
    const input = { params, query, rawQuery, body } as OrganizationInput<Params, Query, Body>;
    // A key that is none is told with the body, after all that stands in the way of the request itself.
    const asked = await keyed.catch(() => ctx);
    return serve(asked, input, c);
  });
}

async function readFields(
  c: AppContext,
  { body }: { readonly body?: () => unknown },
  keyed: Promise<unknown>,
): Promise<unknown> {
  await keyed;
  return parseFields(body?.() as z.ZodType, await readBody(c));
}

/** A path that cannot name an object names none. */
function readParams(schema: unknown, raw: Readonly<Record<string, string>>): unknown {
  if (schema === undefined) return undefined;
  const result = (schema as z.ZodType).safeParse(raw);
  if (!result.success) throw new RequestError(404, "Not found.");
  return result.data;
}

function readQuery(schema: unknown, raw: Readonly<Record<string, string>>): unknown {
  if (Object.entries(raw).some((entry) => entry.join("").includes("\0"))) {
    throw new InvalidRequest([nullCharacters]);
  }
  return schema === undefined ? undefined : parseFields(schema as z.ZodType, raw);
}

function requireJsonAccepted(c: AppContext): void {
  const accepted = (c.req.header("Accept") ?? "*/*")
    .split(",")
    .map((range) => range.split(";", 1)[0]?.trim().toLowerCase());
  if (
    !accepted.some(
      (range) => range === "application/json" || range === "application/*" || range === "*/*" || range === "",
    )
  ) {
    throw new RequestError(406, "Could not satisfy the request Accept header.");
  }
}

function allowHeader(methods: readonly string[]): string {
  const order = ["GET", "POST", "PUT", "PATCH", "DELETE"];
  const known = order.filter((method) => methods.includes(method));
  return [...known, ...(known.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
}
