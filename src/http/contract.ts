/** Types of operations, and of what differs between the APIs. */
import type { RouteConfig, z } from "@hono/zod-openapi";
import type { Hono } from "hono";

import type { OperationId } from "../domain/permissions.ts";
import type { Principal } from "../services/caller/context.ts";
import type { AppContext, AppEnv } from "./app-env.ts";

export type Method = "get" | "post" | "put" | "patch" | "delete";

/** One operation of an API: everything that the OpenAPI document says and that requests are checked by. */
export interface OperationContract<Params, Query, Body> {
  readonly id: OperationId;
  readonly method: Method;
  /** The full path, with parameters in braces. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  readonly params?: () => Params;
  readonly query?: () => Query;
  readonly body?: () => Body;
  /** Example of the body in the OpenAPI document. */
  readonly bodyExample?: unknown;
  /** Maximum size of the file in a multipart body, in bytes. */
  readonly maxFileBytes?: number;
  /** Called only to build the OpenAPI document. */
  readonly responses: () => RouteConfig["responses"];
  /** The operation creates something and accepts `Idempotency-Key`. */
  readonly idempotent?: true;
  /** The operation accepts `Idempotency-Key` and processes it itself. */
  readonly customIdempotency?: true;
  /** The operation does not count towards the requests per minute, because a quota limits it. */
  readonly exemptFromRateLimit?: true;
  /** The operation uses the current organization, which `X-Organization` can specify. */
  readonly usesCurrentOrganization?: true;
  /** Responses carry an `ETag`; changes accept `If-Match`. */
  readonly etag?: true;
  /** A further rate limit. Throws `rate_limited`. */
  readonly rateLimit?: (c: AppContext, principal: Principal) => Promise<void>;
}

/** An operation of any API. */
export type AnyContract = OperationContract<unknown, unknown, unknown>;

export type Values<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** What differs between the conventions of the two frameworks. */
export interface Conventions {
  /** Media types that a body is read from. */
  readonly mediaTypes: readonly string[];
  /** Returns the response to anything thrown. */
  readonly toErrorResponse: (c: AppContext, error: unknown) => Response;
  /** Returns the response to a path under the API's prefix that no operation serves. */
  readonly notFound: (c: AppContext) => Response;
  /** Returns the response to a method that the path does not support. */
  readonly methodNotAllowed: (c: AppContext, allowed: readonly string[]) => Response | Promise<Response>;
  /** Adds headers to every response, and may refuse the request by throwing. */
  readonly decorateResponse?: (c: AppContext, allowed: readonly string[]) => void;
}

/** A part of the service: its routes, and their entries in the OpenAPI document. */
export interface ApiModule {
  readonly app: Hono<AppEnv>;
  readonly routes: () => RouteConfig[];
}
