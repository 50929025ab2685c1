/** Results and byte helpers that the readers of the image formats share. */

/** Width and height of an image in pixels, at least 1 each. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Why bytes are rejected as an image. `unsupported` is valid by its standard but not shown by browsers;
 * `trailing_data` is any byte after the end of the image.
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

/** Reads a big-endian number of `count` bytes; bytes past the end are 0. */
export function bigEndian(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index += 1) value = value * 256 + (bytes[index] ?? 0);
  return value;
}

/** Reads a little-endian number of `count` bytes; bytes past the end are 0. */
export function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let index = at + count - 1; index >= at; index -= 1) value = value * 256 + (bytes[index] ?? 0);
  return value;
}

/** Reads four bytes as characters: the type of a chunk in PNG and RIFF. Bytes past the end are NUL. */
export function fourCharacters(bytes: Uint8Array, at: number): string {
  const character = (index: number) => String.fromCharCode(bytes[index] ?? 0);
  return character(at) + character(at + 1) + character(at + 2) + character(at + 3);
}

/** Whether the bytes at an offset equal the expected ones. */
export function matchesAt(bytes: Uint8Array, at: number, expected: readonly number[]): boolean {
  return expected.every((byte, index) => bytes[at + index] === byte);
}
