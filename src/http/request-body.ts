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
  const { raw } = c.req;
  const { body } = raw;
  if (body === null) {
    c.set("body", new Uint8Array());
    return;
  }
  const told = raw.headers.get("Content-Length");
  if (Number(told) > largest) throw new BodyTooLarge(largest);
  // HTTP delivers as many bytes as were told, so they can be taken at once.
  c.set("body", told === null ? await takePieces(body, largest) : await takeWhole(raw, largest));
}

async function takeWhole(raw: Request, largest: number): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(await raw.arrayBuffer());
  if (whole.length > largest) throw new BodyTooLarge(largest);
  return whole;
}

async function takePieces(
  body: AsyncIterable<Uint8Array>,
  largest: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
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
  return whole;
}

/** The size of a limit as it is told, in whole MiB: what surrounds a file is not spoken of. */
export function inMebibytes(bytes: number): string {
  return `${Math.floor(bytes / (1024 * 1024))} MiB`;
}
