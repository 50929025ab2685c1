import type { RouteConfig, z } from "@hono/zod-openapi";
import { Hono } from "hono";

import { ConfigError } from "../config.ts";
import { DomainError } from "../domain/errors.ts";
import type { OperationId } from "../domain/permissions.ts";
import { logUnavailable, logUnexpected } from "../logging.ts";
import type { Principal } from "../services/caller/context.ts";
import type { AppContext, AppEnv } from "./app-env.ts";
import { type AnyContract, type ApiModule, toRouteConfig } from "./openapi/document.ts";
import { limitFailedTokens } from "./rate-limit.ts";
import { BodyTooLarge, bufferBody, maxBodyBytes } from "./request.ts";

export type Method = "get" | "post" | "put" | "patch" | "delete";

/** An operation as its face publishes it: the whole contract of one path and method. */
export interface OperationContract<Params, Query, Body> {
  readonly id: OperationId;
  readonly method: Method;
  /** The full path, parameters in braces. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  readonly params?: () => Params;
  readonly query?: () => Query;
  readonly body?: () => Body;
  /** An example of the body, shown in the document. */
  readonly bodyExample?: unknown;
  /** Where the body is a form with a file in it: how many bytes the file may have. */
  readonly maxFileBytes?: number;
  /** Made for the document alone, and only when it is. */
  readonly responses: () => RouteConfig["responses"];
  /** Whether it makes something new, which `Idempotency-Key` makes safe to repeat. */
  readonly idempotent?: true;
  /** Whether it takes `Idempotency-Key` in a way of its own. */
  readonly customIdempotency?: true;
  /** Whether the limit of requests a minute leaves it out, as a quota rules it. */
  readonly exemptFromRateLimit?: true;
  /** Whether it is about the current organization, which `X-Organization` may name. */
  readonly usesCurrentOrganization?: true;
  /** Whether it reads or changes an account in one version, named by `ETag` and `If-Match`. */
  readonly etag?: true;
  /** What else limits how often it may be asked. */
  readonly rateLimit?: (c: AppContext, principal: Principal) => Promise<void>;
}

type Values<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;
export interface Inputs<Params, Query, Body> {
  readonly params: Values<Params>;
  readonly query: Values<Query>;
  readonly body: Values<Body>;
}

/** How a face turns a request into an answer; one of these is all that tells two faces apart. */
export interface Conventions {
  /** Makes the answer to anything thrown. */
  readonly toErrorResponse: (c: AppContext, error: unknown) => Response;
  /** The answer to a path of this face that nothing serves. */
  readonly notFound: (c: AppContext) => Response;
  /** The answer to a method that a path does not have. */
  readonly methodNotAllowed: (c: AppContext, allowed: readonly string[]) => Response | Promise<Response>;
  /** What the answers of this face carry besides. */
  readonly decorateResponse?: (c: AppContext, allowed: readonly string[]) => void;
  /** Media types a body is read from. */
  readonly mediaTypes: readonly string[];
  readonly payloadTooLarge: (c: AppContext, largest: number) => Response;
}

/** How many bytes a form may have besides its file: boundaries, headers, other fields. */
const formOverhead = 16 * 1024;

type Handler = (c: AppContext) => Promise<Response>;

/**
 * One face: its operations, each published in the OpenAPI document and served at its path, then
 * the answers to everything else under its prefix.
 */
export class ApiSurface {
  readonly #app = new Hono<AppEnv>();
  readonly #manners: Conventions;
  readonly #contracts: AnyContract[] = [];
  readonly #handlers = new Map<string, Map<string, Handler>>();

  constructor(manners: Conventions) {
    this.#manners = manners;
  }

  /** Adds an operation; `serve` answers it, and what it throws leaves by the face's one door. */
  register<Params, Query, Body>(contract: OperationContract<Params, Query, Body>, serve: Handler): void {
    this.#contracts.push(contract);
    const path = contract.path.replaceAll(/\{(\w+)\}/g, ":$1");
    const methods = this.#handlers.get(path) ?? new Map<string, Handler>();
    const { maxFileBytes } = contract;
    const largest = maxFileBytes === undefined ? maxBodyBytes : maxFileBytes + formOverhead;
    methods.set(contract.method.toUpperCase(), async (c) => {
      // The body is taken in before anything is decided, so that no client holds a decision open by
      // sending it slowly.
      c.set("operation", contract.id);
      await bufferBody(c, largest);
      return serve(c);
    });
    this.#handlers.set(path, methods);
  }

  /** Serves every operation added, and what a prefix has besides them. */
  mount(prefix: string): ApiModule {
    for (const [path, methods] of this.#handlers) {
      const allowed = [...methods.keys()];
      this.#app.all(path, async (c) => {
        try {
          this.#manners.decorateResponse?.(c, allowed);
          const serve = methods.get(c.req.method === "HEAD" ? "GET" : c.req.method);
          if (serve === undefined) return await this.#manners.methodNotAllowed(c, allowed);
          return await serve(c);
        } catch (error) {
          if (error instanceof BodyTooLarge) return this.#manners.payloadTooLarge(c, error.maxBytes);
          return this.#manners.toErrorResponse(c, await classifyError(c, error));
        }
      });
    }
    this.#app.all(`${prefix}/*`, (c) => this.#manners.notFound(c));
    return {
      app: this.#app,
      routes: () => this.#contracts.map((contract) => toRouteConfig(contract, this.#manners.mediaTypes)),
    };
  }

  /** Whether a path is one of this face's, in any method. */
  serves(path: string): boolean {
    return [...this.#handlers.keys()].some((pattern) => patternOf(pattern).test(path));
  }
}

/** What is told of an error: bad tokens are counted here, and what failed of the platform written down, wherever it was found out. */
async function classifyError(c: AppContext, error: unknown): Promise<unknown> {
  if (error instanceof DomainError && error.reason !== undefined) {
    if (error.code === "token_invalid") c.set("tokenError", error.reason);
    else logUnavailable(c.var, error);
  }
  if (error instanceof ConfigError) {
    // Only the operator can help, and only the operator is told how: in the log.
    logUnexpected(c.var, error);
    return new DomainError("not_configured", { retryAfter: 60 });
  }
  if (!(error instanceof DomainError && error.code === "token_invalid")) return error;
  return limitFailedTokens(c).then(
    () => error,
    (limited: unknown) => limited,
  );
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/:\w+/g, "[^/]+")}$`);
}
