/** Reads the structure of a WebP (RFC 9649) and the headers of VP8 (RFC 6386) and VP8L in it. */
import { fourCharacters, type ImageError, type ImageSize, littleEndian, matchesAt } from "./image.ts";

/** Whether bytes start with the header of a WebP (section 2.4): RIFF, any size, WEBP. */
export function isWebp(bytes: Uint8Array): boolean {
  return fourCharacters(bytes, 0) === "RIFF" && fourCharacters(bytes, 8) === "WEBP";
}

/**
 * Returns the size of a still WebP, or why the bytes are not one. The RIFF must be as long as the bytes,
 * with complete chunks and one image. The caller has checked `isWebp`; the compressed pixels are not read.
 */
export function readWebp(bytes: Uint8Array): ImageSize | ImageError {
  const riffEnd = 8 + littleEndian(bytes, 4, 4);
  if (riffEnd > bytes.length) return "truncated";
  if (riffEnd < bytes.length) return "trailing_data";
  const first = chunkAt(bytes, 12);
  if (first === undefined) return "malformed";
  if (first.type === "VP8X") return readExtended(bytes, first);
  const size = imageSizeOf(bytes, first);
  if (size === undefined) return "malformed";
  return first.end === bytes.length ? size : "trailing_data";
}

/** Reads an extended WebP (section 2.7). Its image must be as large as the canvas in its first chunk. */
function readExtended(bytes: Uint8Array, { start, length, end }: Chunk): ImageSize | ImageError {
  if (length < 10) return "malformed";
  const isAnimation = (littleEndian(bytes, start, 1) & 0x02) !== 0;
  if (isAnimation) return "animated";
  const width = 1 + littleEndian(bytes, start + 4, 3);
  const height = 1 + littleEndian(bytes, start + 7, 3);

  let image: ImageSize | undefined;
  let hasAlpha = false;
  for (let at = end; at < bytes.length;) {
    const chunk = chunkAt(bytes, at);
    if (chunk === undefined) return "malformed";
    if (chunk.type === "ANIM" || chunk.type === "ANMF") return "animated";
    if (chunk.type === "VP8 " || chunk.type === "VP8L") {
      if (image !== undefined || (hasAlpha && chunk.type === "VP8L")) return "malformed";
      image = imageSizeOf(bytes, chunk);
      if (image?.width !== width || image.height !== height) return "malformed";
    } else if (chunk.type === "ALPH") {
      if (hasAlpha || image !== undefined || chunk.length < 2) return "malformed";
      hasAlpha = true;
    } else if (chunk.type === "VP8X" || (chunk.type === "ICCP" && image !== undefined)) {
      return "malformed";
    }
    at = chunk.end;
  }
  return image ?? "malformed";
}

interface Chunk {
  readonly type: string;
  readonly start: number;
  readonly length: number;
  readonly end: number;
}

/** Reads the chunk at an offset (section 2.3); an odd payload is padded with 0. Undefined if it is incomplete. */
function chunkAt(bytes: Uint8Array, at: number): Chunk | undefined {
  const start = at + 8;
  const length = littleEndian(bytes, at + 4, 4);
  const end = start + length + (length % 2);
  if (end > bytes.length || (length % 2 === 1 && bytes[end - 1] !== 0)) return undefined;
  const type = fourCharacters(bytes, at);
  return /^[ -~]{4}$/.test(type) ? { type, start, length, end } : undefined;
}

/** Returns the size of the image in a chunk; undefined if it is not a valid image. */
function imageSizeOf(bytes: Uint8Array, { type, start, length }: Chunk): ImageSize | undefined {
  const payload = bytes.subarray(start, start + length);
  if (type === "VP8 ") return sizeOfVp8(payload);
  return type === "VP8L" ? sizeOfVp8l(payload) : undefined;
}

/**
 * Returns the size of a lossy image (RFC 6386 section 9.1). It must be a visible key frame of a known
 * version, with its start code and a first partition that fits. The scaling factor is ignored.
 */
function sizeOfVp8(payload: Uint8Array): ImageSize | undefined {
  const tag = littleEndian(payload, 0, 3);
  const isShownKeyFrame = (tag & 0x01) === 0 && (tag & 0x10) !== 0;
  const isKnown = ((tag >> 1) & 0x07) <= 3;
  if (!isShownKeyFrame || !isKnown || !matchesAt(payload, 3, [0x9d, 0x01, 0x2a])) return undefined;
  const firstPartition = tag >> 5;
  const width = littleEndian(payload, 6, 2) & 0x3fff;
  const height = littleEndian(payload, 8, 2) & 0x3fff;
  if (width === 0 || height === 0 || firstPartition === 0) return undefined;
  return 10 + firstPartition <= payload.length ? { width, height } : undefined;
}

/** Returns the size of a lossless image (RFC 9649 section 3.4): 14 bits each for width and height less one, alpha, version 0. */
function sizeOfVp8l(payload: Uint8Array): ImageSize | undefined {
  const fields = littleEndian(payload, 1, 4);
  const isKnown = payload[0] === 0x2f && fields < 2 ** 29;
  if (!isKnown || payload.length <= 5) return undefined;
  return { width: 1 + (fields & 0x3fff), height: 1 + ((fields >>> 14) & 0x3fff) };
}
