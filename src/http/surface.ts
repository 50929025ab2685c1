import { Hono } from "hono";

import { ConfigError } from "../config.ts";
import { DomainError } from "../domain/errors.ts";
import { logUnavailable, logUnexpected } from "../logging.ts";
import type { AppContext, AppEnv } from "./app-env.ts";
import type { AnyContract, ApiModule, Conventions, OperationContract } from "./contract.ts";
import { toRouteConfig } from "./openapi/document.ts";
import { limitFailedTokens } from "./rate-limit.ts";
import { bufferBody, maxBodyBytes } from "./request.ts";

/** What a multipart body may contain in addition to its file, in bytes: boundaries, headers, other fields. */
const formOverhead = 16 * 1024;

type Handler = (c: AppContext) => Promise<Response>;

/** The operations of one API, their routes, and the responses to all other requests under its prefix. */
export class ApiSurface {
  readonly #app = new Hono<AppEnv>();
  readonly #conventions: Conventions;
  readonly #contracts: AnyContract[] = [];
  readonly #handlers = new Map<string, Map<string, Handler>>();

  constructor(conventions: Conventions) {
    this.#conventions = conventions;
  }

  /** Adds an operation. Whatever `handler` throws becomes an error response of the API. */
  register<Params, Query, Body>(contract: OperationContract<Params, Query, Body>, handler: Handler): void {
    this.#contracts.push(contract);
    const path = contract.path.replaceAll(/\{(\w+)\}/g, ":$1");
    const methods = this.#handlers.get(path) ?? new Map<string, Handler>();
    const { maxFileBytes } = contract;
    const maxBytes = maxFileBytes === undefined ? maxBodyBytes : maxFileBytes + formOverhead;
    methods.set(contract.method.toUpperCase(), async (c) => {
      c.set("operation", contract.id);
      // The body is read before any check, so that a slow client cannot prolong the time between a check
      // and the change that relies on it.
      await bufferBody(c, maxBytes);
      return handler(c);
    });
    this.#handlers.set(path, methods);
  }

  /** Returns the routes of all registered operations and the fallback of the prefix. */
  mount(prefix: string): ApiModule {
    for (const [path, methods] of this.#handlers) {
      const allowed = [...methods.keys()];
      this.#app.all(path, async (c) => {
        try {
          this.#conventions.decorateResponse?.(c, allowed);
          const handler = methods.get(c.req.method === "HEAD" ? "GET" : c.req.method);
          if (handler === undefined) return await this.#conventions.methodNotAllowed(c, allowed);
          return await handler(c);
        } catch (error) {
          return this.#conventions.toErrorResponse(c, await reportError(c, error));
        }
      });
    }
    this.#app.all(`${prefix}/*`, (c) => this.#conventions.notFound(c));
    return {
      app: this.#app,
      routes: () => this.#contracts.map((contract) => toRouteConfig(contract, this.#conventions.mediaTypes)),
    };
  }

  /** Returns whether an operation of this API has the path, with any method. */
  serves(path: string): boolean {
    return [...this.#handlers.keys()].some((pattern) => toRegExp(pattern).test(path));
  }
}

/**
 * Logs failed dependencies and configuration errors, notes why a token is invalid for the request's log
 * line, counts invalid tokens, and returns the error to respond with.
 */
async function reportError(c: AppContext, error: unknown): Promise<unknown> {
  if (error instanceof DomainError && error.reason !== undefined) {
    if (error.code === "token_invalid") c.set("tokenError", error.reason);
    else logUnavailable(c.var, error);
  }
  if (error instanceof ConfigError) {
    // The message goes only to the log: it is for the operator, not for callers.
    logUnexpected(c.var, error);
    return new DomainError("not_configured", { retryAfter: 60 });
  }
  if (!(error instanceof DomainError && error.code === "token_invalid")) return error;
  return limitFailedTokens(c).then(
    () => error,
    (limited: unknown) => limited,
  );
}

function toRegExp(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/:\w+/g, "[^/]+")}$`);
}
