/** Reads the structure of a PNG: W3C Portable Network Graphics, third edition. */
import { bigEndian, fourCharacters, type ImageError, type ImageSize } from "./image.ts";

/** What every PNG begins with (section 5.2). */
export const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const;

/**
 * The size of the PNG that fills the bytes, or why they are none: every chunk is whole and true to
 * its CRC, the critical ones stand in their order (section 5.6), and nothing follows the last. The
 * signature is the caller's to see; the compressed pixels are not read.
 */
export function readPng(bytes: Uint8Array): ImageSize | ImageError {
  let header: Header | undefined;
  let palette = false;
  let pixels: "ahead" | "here" | "behind" = "ahead";
  let pixelBytes = 0;
  for (let at: number = pngSignature.length; ;) {
    const chunk = chunkAt(bytes, at);
    if (typeof chunk === "string") return chunk;
    const { type, length, end } = chunk;
    if (pixels === "here" && type !== "IDAT") pixels = "behind";

    if (header === undefined) {
      header = type === "IHDR" && length === 13 ? headerAt(bytes, at + 8) : undefined;
      if (header === undefined) return "malformed";
    } else if (type === "PLTE") {
      if (palette || pixels !== "ahead" || !mayHavePalette(header, length)) return "malformed";
      palette = true;
    } else if (type === "IDAT") {
      if (pixels === "behind" || (header.colourType === indexed && !palette)) return "malformed";
      pixels = "here";
      pixelBytes += length;
    } else if (type === "IEND") {
      if (length > 0 || pixelBytes === 0) return "malformed";
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

/** The chunk that begins there (section 5.3): its length, its type, so many bytes and their CRC. */
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

/** The bit depths a colour type may have (section 11.2.1). */
const bitDepths: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
const indexed = 3;

/** The IHDR whose fields begin there (section 11.2.1); undefined when one of them may not be so. */
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

/** Whether an image may have a palette of so many bytes (section 11.2.2); greys have none. */
function mayHavePalette(header: Header, length: number): boolean {
  const most = header.colourType === indexed ? 2 ** header.bitDepth : 256;
  const coloured = header.colourType !== 0 && header.colourType !== 4;
  return coloured && length > 0 && length % 3 === 0 && length / 3 <= most;
}

/** What only animations have. */
const animation: readonly string[] = ["acTL", "fcTL", "fdAT"];

/** Whether an image cannot be shown without knowing the chunk: a capital says so (section 5.4). */
function isCritical(type: string): boolean {
  return /^[A-Z]/.test(type);
}

/** CRC-32 as a PNG's chunks end with it (section 5.5 and annex D), of the bytes from a place up to another. */
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
