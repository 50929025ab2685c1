/** What the readers of the image formats share: how they answer, and how they take bytes for numbers. */

/** The width and height of an image in pixels, at least 1 each. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Why bytes are refused as an image. An `unsupported` one follows its standard into what browsers do
 * not show; `trailing_data` is anything after the image's own end.
 */
export type ImageError =
  | "empty"
  | "unknown_format"
  | "truncated"
  | "malformed"
  | "unsupported"
  | "too_many_pixels"
  | "animated"
  | "trailing_data";

/** The number in so many bytes, the most significant first; what lies past the end counts as zero. */
export function bigEndian(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index += 1) value = value * 256 + (bytes[index] ?? 0);
  return value;
}

/** The number in so many bytes, the least significant first; what lies past the end counts as zero. */
export function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let index = at + count - 1; index >= at; index -= 1) value = value * 256 + (bytes[index] ?? 0);
  return value;
}

/** Four bytes as characters, which is how PNG and RIFF name their chunks; NULs past the end. */
export function fourCharacters(bytes: Uint8Array, at: number): string {
  const character = (index: number) => String.fromCharCode(bytes[index] ?? 0);
  return character(at) + character(at + 1) + character(at + 2) + character(at + 3);
}

/** Whether these very bytes stand there. */
export function matchesAt(bytes: Uint8Array, at: number, expected: readonly number[]): boolean {
  return expected.every((byte, index) => bytes[at + index] === byte);
}
