import type { z } from "@hono/zod-openapi";

import { getConfig } from "../../config.ts";
import { operations } from "../../domain/permissions.ts";
import type { Context } from "../../services/caller/context.ts";
import { openDatabase } from "../../storage/database.ts";
import type { AppContext } from "../app-env.ts";
import { authenticate, authenticateBeforeRejecting } from "../authenticate.ts";
import type { ApiModule, OperationContract, Values } from "../contract.ts";
import { withIdempotencyKey } from "../idempotency.ts";
import { parseQuery } from "../request.ts";
import { ApiSurface } from "../surface.ts";
import { checkFileSizes, readBody, readForm } from "./body.ts";
import { methodNotAllowed, notFound, toErrorResponse } from "./errors.ts";
import { check, InvalidRequest, type RequestPart, type ValidationIssue } from "./validation.ts";

/** The parsed request of an operation. */
export interface OperationInput<Params, Query, Body> {
  readonly params: Values<Params>;
  readonly query: Values<Query>;
  readonly body: Values<Body>;
}

/** The context of an operation that needs no credentials. */
export type PublicContext = Pick<Context, "db" | "logos" | "now" | "requestId" | "settings">;

type PublicContract<Params, Query, Body> = Omit<
  OperationContract<Params, Query, Body>,
  | "idempotent"
  | "customIdempotency"
  | "exemptFromRateLimit"
  | "etag"
  | "usesCurrentOrganization"
  | "rateLimit"
> & {
  /** There is no caller to rate-limit, so the contract must supply its own limiter. */
  readonly limit: (c: AppContext) => Promise<void>;
};

/** An API with the conventions of FastAPI. */
export class FastApiSurface {
  readonly #surface: ApiSurface = new ApiSurface({
    mediaTypes: ["application/json"],
    toErrorResponse,
    methodNotAllowed,
    notFound: (c) => {
      const { pathname, search } = new URL(c.req.url);
      const bare = pathname.replace(/\/+$/, "");
      if (bare !== pathname && this.#surface.serves(bare)) return c.redirect(bare + search, 307);
      return notFound(c);
    },
  });

  /**
   * Adds an operation. Checks run in this order: size of the file, credentials, rate limit, all parts
   * of the request together, and then those of the use case.
   */
  readonly operation = <Params = undefined, Query = undefined, Body = undefined>(
    contract: Omit<OperationContract<Params, Query, Body>, "usesCurrentOrganization">,
    handler: (ctx: Context, input: OperationInput<Params, Query, Body>, c: AppContext) => Promise<Response>,
  ): void => {
    this.#surface.register(contract, async (c) => {
      if (contract.maxFileBytes !== undefined) await checkFileSizes(c, contract.maxFileBytes);
      const ctx = await authenticate(c, operations[contract.id], contract.exemptFromRateLimit !== true);
      await contract.rateLimit?.(c, ctx.principal);
      const input = await authenticateBeforeRejecting(ctx, () => readInput(c, contract));
      if (contract.idempotent !== true) return handler(ctx, input, c);
      const keyedContext = await authenticateBeforeRejecting(ctx, () =>
        withIdempotencyKey(c, ctx, contract.id, () => readBody(c)),
      );
      return handler(keyedContext, input, c);
    });
  };

  /** Adds an operation that needs no credentials and ignores those that are sent. */
  readonly openOperation = <Params = undefined, Query = undefined, Body = undefined>(
    { limit, ...contract }: PublicContract<Params, Query, Body>,
    handler: (
      ctx: PublicContext,
      input: OperationInput<Params, Query, Body>,
      c: AppContext,
    ) => Promise<Response>,
  ): void => {
    this.#surface.register(contract, async (c) => {
      const settings = getConfig(c.env);
      await limit(c);
      const input = await readInput(c, contract);
      const ctx = {
        db: openDatabase(c.env.DB, { stats: c.get("stats") }),
        logos: c.env.LOGOS,
        now: Date.now(),
        requestId: c.get("requestId"),
        settings,
      };
      return handler(ctx, input, c);
    });
  };

  /** Returns the routes of all operations and the fallback of the prefix. */
  mount(prefix: string): ApiModule {
    return this.#surface.mount(prefix);
  }
}

/** Parses path, query and body. Throws `InvalidRequest` with the errors of all three. */
async function readInput<Params, Query, Body>(
  c: AppContext,
  contract: Pick<OperationContract<Params, Query, Body>, "params" | "query" | "body" | "maxFileBytes">,
): Promise<OperationInput<Params, Query, Body>> {
  const issues: ValidationIssue[] = [];
  const parse = (make: (() => unknown) | undefined, value: unknown, part: RequestPart): unknown => {
    if (make === undefined) return undefined;
    const result = check(make() as z.ZodType, value, part);
    if ("value" in result) return result.value;
    issues.push(...result.issues);
    return undefined;
  };
  const params = parse(contract.params, c.req.param(), "path");
  const query = parse(contract.query, parseQuery(c.req.url), "query");
  const { body: schema, maxFileBytes } = contract;
  let body: unknown;
  try {
    if (maxFileBytes !== undefined) body = parse(schema, await readForm(c, maxFileBytes), "form");
    else if (schema !== undefined) body = parse(schema, await readBody(c), "body");
  } catch (error) {
    if (!(error instanceof InvalidRequest)) throw error;
    throw new InvalidRequest([...issues, ...error.issues], error.code);
  }
  if (issues.length > 0) throw new InvalidRequest(issues);
  // Each part is the output of its schema, or undefined without a schema.
  return { params, query, body } as OperationInput<Params, Query, Body>;
}
