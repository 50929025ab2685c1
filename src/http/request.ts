/** Reads requests: the bytes of the body, JSON, and the query. */
import type { AppContext } from "./app-env.ts";

/** Maximum size of a request body, in bytes; uploads have limits of their own. */
export const maxBodyBytes = 1024 * 1024;

/** Thrown for a body, or a file in it, above its maximum size. */
export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
  /** In bytes. */
  readonly maxBytes: number;
  constructor(maxBytes: number) {
    super("body too large");
    this.maxBytes = maxBytes;
  }
}

/**
 * Reads the whole body into `c.var.body`, empty if there is none. Measures the bytes actually
 * received, not `Content-Length`, and stops reading at the limit. Throws `BodyTooLarge`.
 */
export async function bufferBody(c: AppContext, maxBytes: number): Promise<void> {
  const { body, headers } = c.req.raw;
  if (body === null) {
    c.set("body", new Uint8Array());
    return;
  }
  const declared = Number(headers.get("Content-Length") ?? Number.NaN);
  if (declared > maxBytes) throw new BodyTooLarge(maxBytes);
  c.set("body", await readAll(body, declared, maxBytes));
}

/** Size of the buffer that each read fills, in bytes. */
const chunkSize = 64 * 1024;

async function readAll(
  body: ReadableStream,
  declared: number,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader({ mode: "byob" });
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  // A chunk that is not full is the last one, so a body as short as declared takes a single read.
  const isShort = Number.isInteger(declared) && declared >= 0 && declared < chunkSize;
  for (let room = isShort ? declared + 1 : chunkSize; ; room = chunkSize) {
    const { value: chunk = new Uint8Array() } = await reader.readAtLeast(room, new Uint8Array(room));
    size += chunk.length;
    if (size > maxBytes) {
      await reader.cancel();
      throw new BodyTooLarge(maxBytes);
    }
    if (chunks.length === 0 && chunk.length < room) return chunk;
    chunks.push(chunk);
    if (chunk.length < room) return concatenate(chunks, size);
  }
}

function concatenate(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

/** Formats a size limit for an error message, in whole MiB. The overhead of a form is left out. */
export function formatMebibytes(bytes: number): string {
  return `${Math.floor(bytes / (1024 * 1024))} MiB`;
}

/** A syntax error in JSON. */
export interface JsonError {
  readonly reason: string;
  /** Index of the character, from 0, in UTF-16 code units. */
  readonly position: number;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/** Maximum nesting depth of arrays and objects. */
const maxDepth = 100;

/** Parses JSON. Arrays and objects nested deeper than 100 are an error. */
export function parseJson(text: string): { readonly value: unknown } | { readonly error: JsonError } {
  const tooDeep = findTooDeep(text);
  if (tooDeep !== undefined) return { error: jsonError(text, "Nested too deeply", tooDeep) };
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { error: toJsonError(text, error instanceof Error ? error.message : "") };
  }
}

/** Returns the position of the first bracket that nests too deeply, up to the end of `text`. */
function findTooDeep(text: string): number | undefined {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === "\\") index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "[" || character === "{") {
      depth += 1;
      if (depth > maxDepth) return index;
    } else if (character === "]" || character === "}") depth -= 1;
  }
  return undefined;
}

/** Takes reason and position from V8's message, such as `Unexpected number in JSON at position 2 (line 1 column 3)`. */
function toJsonError(text: string, message: string): JsonError {
  const [, reason, position] = /^(.*?)(?: in JSON)? at position (\d+)/.exec(message) ?? [];
  if (reason !== undefined) return jsonError(text, reason, Number(position));
  if (!unexpectedToken.test(message)) return jsonError(text, "Unexpected end of JSON input", text.length);
  const at = findUnexpectedToken(text);
  return jsonError(text, `Unexpected token ${JSON.stringify(text[at])}`, at);
}

/** V8 quotes the text around an unexpected token and leaves out its position. */
const unexpectedToken = /is not valid JSON$/;

/** Searches for the shortest beginning of `text` that has the unexpected token: 20 parses for 1 MiB. */
function findUnexpectedToken(text: string): number {
  let [without, withToken] = [0, text.length];
  while (withToken - without > 1) {
    const middle = Math.floor((without + withToken) / 2);
    if (hasUnexpectedToken(text.slice(0, middle))) withToken = middle;
    else without = middle;
  }
  return without;
}

function hasUnexpectedToken(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    return error instanceof Error && unexpectedToken.test(error.message);
  }
}

function jsonError(text: string, reason: string, position: number): JsonError {
  const lines = text.slice(0, position).split("\n");
  return { reason, position, line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}

/** Returns the parameters of a query; the last value wins if a key is repeated, as in both frameworks. */
export function parseQuery(url: string): Record<string, string> {
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  if (!url.includes("?")) return query;
  for (const [key, value] of new URL(url).searchParams) query[key] = value;
  return query;
}
