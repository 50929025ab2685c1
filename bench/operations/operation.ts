import type { CallerName } from "../data/fixtures.ts";
import type { Environment } from "../environment.ts";

/** A request to the service and to the bare Worker. */
export interface Operation {
  readonly name: string;
  readonly caller: CallerName;
  readonly method: "GET" | "POST" | "PATCH";
  readonly path: string | (() => string);
  /** Returns the body of the next request. */
  readonly body?: () => string;
  /** Whether a request takes long. */
  readonly slow?: boolean;
  /** Name of the bare Worker's operation. */
  readonly bare: string;
  /** Billed amounts that `Server-Timing` does not contain. */
  readonly billed?: Partial<Billed>;
}

/** Billed amounts that `Server-Timing` does not contain. */
export interface Billed {
  readonly objectRowsRead: number;
  readonly objectRowsWritten: number;
  readonly logosRead: number;
  /** A message takes three operations: write, read and delete. */
  readonly queueOperations: number;
}

/** The rows that requests refer to. */
export interface Targets {
  /** Returns a new number for each request. */
  readonly next: () => number;
  /** Uuids of the accounts whose usage is incremented. */
  readonly counted: readonly string[];
  /** Uuids of members whose role changes. */
  readonly members: readonly string[];
  /** Uuid of the account with a logo and ten years of usage. */
  readonly home: string;
}

export function headersOf(
  environment: Environment,
  { caller, bare, body }: Operation,
): Record<string, string> {
  return {
    authorization: `Bearer ${environment.tokens[caller]}`,
    "x-operation": bare,
    ...(body && { "content-type": "application/json" }),
  };
}

/** Sends an operation once. Throws if it fails. */
export async function sendOnce(
  environment: Environment,
  address: URL,
  operation: Operation,
): Promise<Response> {
  const { method, path, body, name } = operation;
  const response = await fetch(new URL(typeof path === "string" ? path : path(), address), {
    method,
    headers: headersOf(environment, operation),
    ...(body && { body: body() }),
  });
  if (response.ok) return response;
  throw new Error(`${name}: ${response.status} ${await response.text()} at ${address.href}`);
}
