import type { CallerName } from "../data/shapes.ts";
import type { World } from "../world.ts";

/** One request to the service, and to the bare worker alike. */
export interface Operation {
  readonly name: string;
  readonly caller: CallerName;
  readonly method: "GET" | "POST" | "PATCH";
  readonly path: string | (() => string);
  /** Makes the body of one request. */
  readonly body?: () => string;
  /** Whether one takes long. */
  readonly heavy?: boolean;
  /** What the bare worker does. */
  readonly bare: string;
  /** What the platform bills beside requests, rows of the database and calls of objects. */
  readonly also?: Partial<Billed>;
}

/** What `Server-Timing` does not tell. */
export interface Billed {
  readonly objectRowsRead: number;
  readonly objectRowsWritten: number;
  readonly logosRead: number;
  /** Writing, reading and deleting a message are three. */
  readonly queueOperations: number;
}

/** What the requests are about. */
export interface Targets {
  /** Numbers a request: no two are the same. */
  readonly next: () => number;
  /** The accounts that are counted. */
  readonly counted: readonly string[];
  /** Members whose role changes. */
  readonly members: readonly string[];
  /** The account that has a logo, and usage of ten years. */
  readonly home: string;
}

export function headersOf(world: World, { caller, bare, body }: Operation): Record<string, string> {
  return {
    authorization: `Bearer ${world.tokens[caller]}`,
    "x-operation": bare,
    ...(body && { "content-type": "application/json" }),
  };
}

/** Sends an operation once; throws unless it is answered well. */
export async function ask(world: World, address: URL, operation: Operation): Promise<Response> {
  const { method, path, body, name } = operation;
  const answer = await fetch(new URL(typeof path === "string" ? path : path(), address), {
    method,
    headers: headersOf(world, operation),
    ...(body && { body: body() }),
  });
  if (answer.ok) return answer;
  throw new Error(`${name}: ${answer.status} ${await answer.text()} at ${address.href}`);
}
