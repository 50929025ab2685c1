import type { z } from "@hono/zod-openapi";

import { getConfig } from "../../config.ts";
import { operations } from "../../domain/permissions.ts";
import type { Context } from "../../services/caller/context.ts";
import { openDatabase } from "../../storage/database.ts";
import type { AppContext } from "../app-env.ts";
import { authenticate, authenticateBeforeRejecting } from "../authenticate.ts";
import { withIdempotencyKey } from "../idempotency.ts";
import type { ApiModule } from "../openapi/document.ts";
import { parseQuery } from "../request.ts";
import { ApiSurface, type Inputs, type OperationContract } from "../surface.ts";
import { checkFileSizes, readBody, readForm } from "./body.ts";
import { methodNotAllowed, notFound, payloadTooLarge, toErrorResponse } from "./errors.ts";
import { check, InvalidRequest, type RequestPart, type ValidationIssue } from "./validation.ts";

type Serve<Params, Query, Body> = (
  ctx: Context,
  input: Inputs<Params, Query, Body>,
  c: AppContext,
) => Promise<Response>;

/** What is given to who serves an operation that asks for no token. */
export type OperationInput = Pick<Context, "db" | "logos" | "now" | "requestId" | "settings">;

type OpenContract<Params, Query, Body> = Omit<
  OperationContract<Params, Query, Body>,
  | "idempotent"
  | "customIdempotency"
  | "exemptFromRateLimit"
  | "etag"
  | "usesCurrentOrganization"
  | "rateLimit"
> & {
  /** Nobody is known by whom to count, so something else must. */
  readonly limit: (c: AppContext) => Promise<void>;
};
type ServeVisit<Params, Query, Body> = (
  visit: OperationInput,
  input: Inputs<Params, Query, Body>,
  c: AppContext,
) => Promise<Response>;

/** A face in FastAPI's manner. */
export class FastApiSurface {
  readonly #face: ApiSurface = new ApiSurface({
    toErrorResponse,
    payloadTooLarge,
    methodNotAllowed: methodNotAllowed,
    notFound: (c) => {
      const { pathname, search } = new URL(c.req.url);
      const bare = pathname.replace(/\/+$/, "");
      if (bare !== pathname && this.#face.serves(bare)) return c.redirect(bare + search, 307);
      return notFound(c);
    },
    mediaTypes: ["application/json"],
  });

  /**
   * Adds an operation. What comes first is told first: a file that is too large, credentials, then everything
   * wrong with path, query and body together, then what the use case says.
   */
  readonly operation = <Params = undefined, Query = undefined, Body = undefined>(
    contract: Omit<OperationContract<Params, Query, Body>, "usesCurrentOrganization">,
    serve: Serve<Params, Query, Body>,
  ): void => {
    this.#face.register(contract, async (c) => {
      if (contract.maxFileBytes !== undefined) await checkFileSizes(c, contract.maxFileBytes);
      const ctx = await authenticate(c, operations[contract.id], contract.exemptFromRateLimit !== true);
      await contract.rateLimit?.(c, ctx.principal);
      const input = await authenticateBeforeRejecting(ctx, () => readInputs(c, contract));
      const asked =
        contract.idempotent === true
          ? await authenticateBeforeRejecting(ctx, () =>
              withIdempotencyKey(c, ctx, contract.id, () => readBody(c)),
            )
          : ctx;
      return serve(asked, input, c);
    });
  };

  /** Adds an operation that asks for no token; one that comes with the request is not looked at. */
  readonly openOperation = <Params = undefined, Query = undefined, Body = undefined>(
    { limit, ...contract }: OpenContract<Params, Query, Body>,
    serve: ServeVisit<Params, Query, Body>,
  ): void => {
    this.#face.register(contract, async (c) => {
      const settings = getConfig(c.env);
      await limit(c);
      const input = await readInputs(c, contract);
      const visit = {
        db: openDatabase(c.env.DB, { stats: c.get("stats") }),
        logos: c.env.LOGOS,
        now: Date.now(),
        requestId: c.get("requestId"),
        settings,
      };
      return serve(visit, input, c);
    });
  };

  /** Serves every operation added, under its prefix. */
  mount(prefix: string): ApiModule {
    return this.#face.mount(prefix);
  }
}

async function readInputs<Params, Query, Body>(
  c: AppContext,
  contract: Pick<OperationContract<Params, Query, Body>, "params" | "query" | "body" | "maxFileBytes">,
): Promise<Inputs<Params, Query, Body>> {
  const issues: ValidationIssue[] = [];
  const take = (make: (() => unknown) | undefined, value: unknown, part: RequestPart): unknown => {
    if (make === undefined) return undefined;
    const result = check(make() as z.ZodType, value, part);
    if ("value" in result) return result.value;
    issues.push(...result.issues);
    return undefined;
  };
  const params = take(contract.params, c.req.param(), "path");
  const query = take(contract.query, parseQuery(c.req.url), "query");
  let body: unknown;
  try {
    const { body: schema, maxFileBytes } = contract;
    if (maxFileBytes !== undefined) body = take(schema, await readForm(c, maxFileBytes), "form");
    else if (schema !== undefined) body = take(schema, await readBody(c), "body");
  } catch (error) {
    if (!(error instanceof InvalidRequest)) throw error;
    issues.push(...error.issues);
  }
  if (issues.length > 0) throw new InvalidRequest(issues);
  // Each part came out of its own schema, or is undefined as it has none.
  return { params, query, body } as Inputs<Params, Query, Body>;
}
