/**
 * JSON as Python's decoder tells what is wrong with it. Both published APIs are served by Python,
 * and both put the decoder's message and position into their answers.
 */
import { countCodePoints } from "../domain/text.ts";
import type { AppContext } from "./app-env.ts";

/** Largest body of any request but an upload's, in bytes. */
export const maxBodyBytes = 1024 * 1024;

/** A body, or a file in one, of more bytes than it may have. */
export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
  /** In bytes. */
  readonly maxBytes: number;
  constructor(largest: number) {
    super("body too large");
    this.maxBytes = largest;
  }
}

/**
 * Takes in the whole body of a request, empty where it has none; from then on it is `c.var.body`.
 * What counts is what comes, whatever `Content-Length` says, and no more is read than may come.
 * Throws BodyTooLarge.
 */
export async function bufferBody(c: AppContext, largest: number): Promise<void> {
  const { body, headers } = c.req.raw;
  if (body === null) {
    c.set("body", new Uint8Array());
    return;
  }
  const declared = Number(headers.get("Content-Length") ?? Number.NaN);
  if (declared > largest) throw new BodyTooLarge(largest);
  c.set("body", await readAll(body, declared, largest));
}

/** The most bytes that room is made for before they come. */
const pieceSize = 64 * 1024;

async function readAll(
  body: ReadableStream,
  declared: number,
  largest: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader({ mode: "byob" });
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  // A piece that is not filled is the last one: a body as short as it says it is takes a single reading.
  const isShort = Number.isInteger(declared) && declared >= 0 && declared < pieceSize;
  for (let room = isShort ? declared + 1 : pieceSize; ; room = pieceSize) {
    const { value: piece = new Uint8Array() } = await reader.readAtLeast(room, new Uint8Array(room));
    size += piece.length;
    if (size > largest) {
      await reader.cancel();
      throw new BodyTooLarge(largest);
    }
    if (pieces.length === 0 && piece.length < room) return piece;
    pieces.push(piece);
    if (piece.length < room) return joined(pieces, size);
  }
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** The size of a limit as it is told, in whole MiB: what surrounds a file is not spoken of. */
export function formatMebibytes(bytes: number): string {
  return `${Math.floor(bytes / (1024 * 1024))} MiB`;
}

/** What is wrong, and at which character (from 0, in code points). */
export interface JsonError {
  readonly message: string;
  readonly position: number;
  /** From 1, as in "line 1 column 5". */
  readonly line: number;
  readonly column: number;
}

export type JsonResult = { readonly value: unknown } | { readonly fault: JsonError };

/** Arrays and objects nested deeper than this are refused: no body of these APIs comes near. */
const deepest = 100;

export function parseJson(text: string): JsonResult {
  try {
    const value: unknown = JSON.parse(text);
    const tooDeep = firstTooDeep(text);
    return tooDeep === undefined ? { value } : { fault: faultAt(text, "Nested too deeply", tooDeep) };
  } catch {
    const found = new Scanner(text).firstFault();
    return { fault: faultAt(text, found.message, found.index) };
  }
}

function faultAt(text: string, message: string, index: number): JsonError {
  const before = text.slice(0, index);
  const lines = before.split("\n");
  return {
    message,
    position: countCodePoints(before),
    line: lines.length,
    column: countCodePoints(lines.at(-1) ?? "") + 1,
  };
}

function firstTooDeep(text: string): number | undefined {
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
      if (depth > deepest) return index;
    } else if (character === "]" || character === "}") depth -= 1;
  }
  return undefined;
}

class Fault extends Error {
  readonly index: number;
  constructor(message: string, index: number) {
    super(message);
    this.index = index;
  }
}

/** Walks a text in the order of CPython's json module and stops where that stops. */
class Scanner {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  firstFault(): { message: string; index: number } {
    try {
      const end = this.#space(this.#value(this.#space(0), 0));
      return { message: "Extra data", index: end };
    } catch (error) {
      if (error instanceof Fault) return { message: error.message, index: error.index };
      throw error;
    }
  }

  #space(index: number): number {
    let at = index;
    while (at < this.#text.length && " \t\n\r".includes(this.#text[at] ?? "")) at += 1;
    return at;
  }

  #value(index: number, depth: number): number {
    const character = this.#text[index];
    if (character === '"') return this.#string(index);
    const nests = character === "{" || character === "[";
    if (nests && depth === deepest) throw new Fault("Nested too deeply", index);
    if (character === "{") return this.#object(index, depth);
    if (character === "[") return this.#array(index, depth);
    const literal = /(?:null|true|false|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)/y;
    literal.lastIndex = index;
    if (!literal.test(this.#text)) throw new Fault("Expecting value", index);
    return literal.lastIndex;
  }

  #object(start: number, depth: number): number {
    let at = this.#space(start + 1);
    if (this.#text[at] === "}") return at + 1;
    for (;;) {
      if (this.#text[at] !== '"') {
        throw new Fault("Expecting property name enclosed in double quotes", at);
      }
      at = this.#space(this.#string(at));
      if (this.#text[at] !== ":") throw new Fault("Expecting ':' delimiter", at);
      at = this.#space(this.#value(this.#space(at + 1), depth + 1));
      if (this.#text[at] === "}") return at + 1;
      at = this.#comma(at, "}", "object");
    }
  }

  #array(start: number, depth: number): number {
    let at = this.#space(start + 1);
    if (this.#text[at] === "]") return at + 1;
    for (;;) {
      at = this.#space(this.#value(at, depth + 1));
      if (this.#text[at] === "]") return at + 1;
      at = this.#comma(at, "]", "array");
    }
  }

  #comma(index: number, close: string, kind: string): number {
    if (this.#text[index] !== ",") throw new Fault("Expecting ',' delimiter", index);
    const next = this.#space(index + 1);
    if (this.#text[next] === close) throw new Fault(`Illegal trailing comma before end of ${kind}`, index);
    return next;
  }

  #string(start: number): number {
    let at = start + 1;
    for (;;) {
      const character = this.#text[at];
      if (character === undefined) throw new Fault("Unterminated string starting at", start);
      if (character === '"') return at + 1;
      if (character < " ") throw new Fault("Invalid control character at", at);
      if (character === "\\") at = this.#escape(at, start);
      else at += 1;
    }
  }

  #escape(index: number, start: number): number {
    const kind = this.#text[index + 1];
    if (kind === undefined) throw new Fault("Unterminated string starting at", start);
    if (kind !== "u") {
      if (!'"\\/bfnrt'.includes(kind)) throw new Fault("Invalid \\escape", index);
      return index + 2;
    }
    // The decoder wants the four digits and one character more, or it looks no further.
    const digits = this.#text.slice(index + 2, index + 6);
    if (index + 6 >= this.#text.length || !/^[0-9a-fA-F]{4}$/.test(digits)) {
      throw new Fault("Invalid \\uXXXX escape", index + 1);
    }
    return index + 6;
  }
}

/** The query of a request: of a key given more than once, the last counts, as on both published services. */
export function parseQuery(url: string): Record<string, string> {
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  if (!url.includes("?")) return query;
  for (const [key, value] of new URL(url).searchParams) query[key] = value;
  return query;
}
