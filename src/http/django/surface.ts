/** The organizations API: `/accounts/…/`, with the conventions of Django REST framework. */
import type { z } from "@hono/zod-openapi";

import { operations } from "../../domain/permissions.ts";
import { queryAsCaller } from "../../services/caller/caller.ts";
import type { Context } from "../../services/caller/context.ts";
import type { AppContext } from "../app-env.ts";
import { authenticate, authenticateBeforeRejecting } from "../authenticate.ts";
import type { OperationContract, Values } from "../contract.ts";
import { withIdempotencyKey } from "../idempotency.ts";
import { parseQuery } from "../request.ts";
import { ApiSurface } from "../surface.ts";
import { mediaTypes, readBody } from "./body.ts";
import { refuse, RequestError, toErrorResponse } from "./errors.ts";
import { InvalidRequest, nullCharacters, parseFields } from "./validation.ts";

export const organizationsSurface = new ApiSurface({
  mediaTypes,
  toErrorResponse,
  notFound: (c) => {
    const { pathname, search } = new URL(c.req.url);
    if (!organizationsSurface.serves(`${pathname}/`)) return refuse(c, "route_not_found");
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
    const body = { detail: `Method "${c.req.method}" not allowed.` };
    return refuse(c, "method_not_allowed", body, { Allow: allowHeader(allowed) });
  },
});

/** The parsed request of an operation. */
export interface OperationInput<Params, Query, Body> {
  readonly params: Values<Params>;
  readonly query: Values<Query>;
  /** All query parameters as they were sent. */
  readonly rawQuery: Readonly<Record<string, string>>;
  /** Parses the body. To be called once the object is found and the caller may change it. */
  readonly body: () => Promise<Values<Body>>;
}

/**
 * Adds an operation. Checks run in the framework's order: `Accept`, credentials, rate limit, the
 * object, and then the body.
 */
export function operation<Params = undefined, Query = undefined, Body = undefined>(
  contract: OperationContract<Params, Query, Body>,
  handler: (ctx: Context, input: OperationInput<Params, Query, Body>, c: AppContext) => Promise<Response>,
): void {
  organizationsSurface.register(contract, async (c) => {
    const ctx = await authenticate(c, operations[contract.id], contract.exemptFromRateLimit !== true);
    await contract.rateLimit?.(c, ctx.principal);
    const rawQuery = parseQuery(c.req.url);
    const { params, query } = await authenticateBeforeRejecting(ctx, () => ({
      params: readParams(contract.params?.(), c.req.param()),
      query: readQuery(contract.query?.(), rawQuery),
    }));
    const withKey =
      contract.idempotent === true
        ? withIdempotencyKey(c, ctx, contract.id, () => readBody(c))
        : Promise.resolve(ctx);
    let parsed: Promise<unknown> | undefined;
    const body = () => (parsed ??= parseBody(c, contract, withKey));
    const input = { params, query, rawQuery, body } as OperationInput<Params, Query, Body>;
    // An invalid key is reported together with body errors, after permission and existence checks.
    const keyedContext = await withKey.catch(() => ctx);
    return handler(keyedContext, input, c);
  });
}

async function parseBody(
  c: AppContext,
  { body }: { readonly body?: () => unknown },
  withKey: Promise<unknown>,
): Promise<unknown> {
  await withKey;
  return parseFields(body?.() as z.ZodType, await readBody(c));
}

/** A malformed id in the path is reported as not found. */
function readParams(schema: unknown, raw: Readonly<Record<string, string>>): unknown {
  if (schema === undefined) return undefined;
  const result = (schema as z.ZodType).safeParse(raw);
  if (!result.success) throw new RequestError("route_not_found", "Not found.");
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
  const json = ["application/json", "application/*", "*/*", ""];
  if (!accepted.some((range) => range !== undefined && json.includes(range))) {
    throw new RequestError("not_acceptable", "Could not satisfy the request Accept header.");
  }
}

function allowHeader(methods: readonly string[]): string {
  const order = ["GET", "POST", "PUT", "PATCH", "DELETE"];
  const known = order.filter((method) => methods.includes(method));
  return [...known, ...(known.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
}
