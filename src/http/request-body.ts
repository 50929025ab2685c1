import type { AppContext } from "./app-env.ts";

/** Largest body of any request but an upload's, in bytes. */
export const largestBody = 1024 * 1024;

/** A body, or a file in one, of more bytes than it may have. */
export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
  /** In bytes. */
  readonly largest: number;
  constructor(largest: number) {
    super("body too large");
    this.largest = largest;
  }
}

/**
 * Takes in the whole body of a request, empty where it has none; from then on it is `c.var.body`.
 * What counts is what comes, whatever `Content-Length` says, and no more is read than may come.
 * Throws BodyTooLarge.
 */
export async function takeBody(c: AppContext, largest: number): Promise<void> {
  const { body, headers } = c.req.raw;
  if (body === null) {
    c.set("body", new Uint8Array());
    return;
  }
  if (Number(headers.get("Content-Length")) > largest) throw new BodyTooLarge(largest);
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    size += piece.length;
    if (size > largest) throw new BodyTooLarge(largest);
    pieces.push(piece);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  c.set("body", whole);
}

/** The size of a limit as it is told, in whole MiB: what surrounds a file is not spoken of. */
export function inMebibytes(bytes: number): string {
  return `${Math.floor(bytes / (1024 * 1024))} MiB`;
}
