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
