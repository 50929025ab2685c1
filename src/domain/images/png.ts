/** Reads the structure of a PNG (W3C Portable Network Graphics, third edition). */
import { bigEndian, fourCharacters, type ImageError, type ImageSize } from "./image.ts";

/** The first bytes of every PNG (section 5.2). */
export const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const;

/**
 * Returns the size of a PNG, or why the bytes are not one. Every chunk must be complete and match its CRC,
 * critical chunks must be in order (section 5.6), and IEND must be last. The caller has checked
 * `pngSignature`; the compressed pixels are not read.
 */
export function readPng(bytes: Uint8Array): ImageSize | ImageError {
  let header: Header | undefined;
  let hasPalette = false;
  let dataState: "before" | "inside" | "after" = "before";
  let dataBytes = 0;
  for (let at: number = pngSignature.length; ;) {
    const chunk = chunkAt(bytes, at);
    if (typeof chunk === "string") return chunk;
    const { type, length, end } = chunk;
    if (dataState === "inside" && type !== "IDAT") dataState = "after";

    if (header === undefined) {
      header = type === "IHDR" && length === 13 ? headerAt(bytes, at + 8) : undefined;
      if (header === undefined) return "malformed";
    } else if (type === "PLTE") {
      if (hasPalette || dataState !== "before" || !mayHavePalette(header, length)) return "malformed";
      hasPalette = true;
    } else if (type === "IDAT") {
      if (dataState === "after" || (header.colourType === indexed && !hasPalette)) return "malformed";
      dataState = "inside";
      dataBytes += length;
    } else if (type === "IEND") {
      if (length > 0 || dataBytes === 0) return "malformed";
      return end === bytes.length ? { width: header.width, height: header.height } : "trailing_data";
    } else if (animation.includes(type)) {
      return "animated";
    } else if (type === "IHDR") {
      return "malformed";
    } else if (isCritical(type)) {
      return "unsupported";
    }
    at = end;
  }
}

interface Chunk {
  readonly type: string;
  readonly length: number;
  readonly end: number;
}

/** Reads the chunk at an offset (section 5.3): length, type, data and CRC. */
function chunkAt(bytes: Uint8Array, at: number): Chunk | ImageError {
  if (at + 12 > bytes.length) return "truncated";
  const length = bigEndian(bytes, at, 4);
  const type = fourCharacters(bytes, at + 4);
  if (length > 0x7fffffff || !/^[A-Za-z]{4}$/.test(type)) return "malformed";
  const end = at + 12 + length;
  if (end > bytes.length) return "truncated";
  return crc32(bytes, at + 4, end - 4) === bigEndian(bytes, end - 4, 4) ? { type, length, end } : "malformed";
}

interface Header extends ImageSize {
  readonly bitDepth: number;
  readonly colourType: number;
}

/** The allowed bit depths of each colour type (section 11.2.1). */
const bitDepths: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
const indexed = 3;

/** Reads the IHDR whose data starts at an offset (section 11.2.1); undefined if a field is invalid. */
function headerAt(bytes: Uint8Array, at: number): Header | undefined {
  const [bitDepth = 0, colourType = 0, compression, filter, interlace = 0] = bytes.subarray(at + 8, at + 13);
  const header = {
    width: bigEndian(bytes, at, 4),
    height: bigEndian(bytes, at + 4, 4),
    bitDepth,
    colourType,
  };
  const known = compression === 0 && filter === 0 && interlace <= 1;
  const allowed = bitDepths[colourType]?.includes(bitDepth) === true;
  return known && allowed && header.width > 0 && header.height > 0 ? header : undefined;
}

/** Whether an image can have a palette of this many bytes (section 11.2.2). Greyscale images have none. */
function mayHavePalette(header: Header, length: number): boolean {
  const maxColours = header.colourType === indexed ? 2 ** header.bitDepth : 256;
  const coloured = header.colourType !== 0 && header.colourType !== 4;
  return coloured && length > 0 && length % 3 === 0 && length / 3 <= maxColours;
}

/** The chunks of animations. */
const animation: readonly string[] = ["acTL", "fcTL", "fdAT"];

/** Whether a decoder must know the chunk: its type starts with a capital (section 5.4). */
function isCritical(type: string): boolean {
  return /^[A-Z]/.test(type);
}

/** Returns the CRC-32 of the bytes from `start` to `end` (section 5.5 and annex D). */
function crc32(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0xffffffff;
  for (let at = start; at < end; at += 1) {
    crc = (crc >>> 8) ^ (crcOfByte[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const crcOfByte = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});
