/** Reads the structure of a WebP: RFC 9649, with the headers of VP8 (RFC 6386) and VP8L in it. */
import { fourCharacters, type ImageError, type ImageSize, littleEndian, matchesAt } from "./image.ts";

/** Whether bytes begin as every WebP does (section 2.4): a RIFF, whatever its size, of WEBP. */
export function isWebp(bytes: Uint8Array): boolean {
  return fourCharacters(bytes, 0) === "RIFF" && fourCharacters(bytes, 8) === "WEBP";
}

/**
 * The size of the still WebP that fills the bytes, or why they are none: the RIFF is as long as the
 * bytes, its chunks are whole, and there is one image in it. The beginning is the caller's to see;
 * the compressed pixels are not read.
 */
export function readWebp(bytes: Uint8Array): ImageSize | ImageError {
  const riffEnd = 8 + littleEndian(bytes, 4, 4);
  if (riffEnd > bytes.length) return "truncated";
  if (riffEnd < bytes.length) return "trailing_data";
  const first = chunkAt(bytes, 12);
  if (first === undefined) return "malformed";
  if (first.type === "VP8X") return readExtended(bytes, first);
  const size = imageIn(bytes, first);
  if (size === undefined) return "malformed";
  return first.end === bytes.length ? size : "trailing_data";
}

/** The size of an extended WebP (section 2.7), whose image fills the canvas that its first chunk tells. */
function readExtended(bytes: Uint8Array, { start, length, end }: Chunk): ImageSize | ImageError {
  if (length < 10) return "malformed";
  const isAnimation = (littleEndian(bytes, start, 1) & 0x02) !== 0;
  if (isAnimation) return "animated";
  const width = 1 + littleEndian(bytes, start + 4, 3);
  const height = 1 + littleEndian(bytes, start + 7, 3);

  let image: ImageSize | undefined;
  let alpha = false;
  for (let at = end; at < bytes.length;) {
    const chunk = chunkAt(bytes, at);
    if (chunk === undefined) return "malformed";
    if (chunk.type === "ANIM" || chunk.type === "ANMF") return "animated";
    if (chunk.type === "VP8 " || chunk.type === "VP8L") {
      if (image !== undefined || (alpha && chunk.type === "VP8L")) return "malformed";
      image = imageIn(bytes, chunk);
      if (image?.width !== width || image.height !== height) return "malformed";
    } else if (chunk.type === "ALPH") {
      if (alpha || image !== undefined || chunk.length < 2) return "malformed";
      alpha = true;
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

/** The chunk that begins there (section 2.3), an odd payload padded with a 0; undefined when it is not whole. */
function chunkAt(bytes: Uint8Array, at: number): Chunk | undefined {
  const start = at + 8;
  const length = littleEndian(bytes, at + 4, 4);
  const end = start + length + (length % 2);
  if (end > bytes.length || (length % 2 === 1 && bytes[end - 1] !== 0)) return undefined;
  const type = fourCharacters(bytes, at);
  return /^[ -~]{4}$/.test(type) ? { type, start, length, end } : undefined;
}

/** The size of the image in a chunk; undefined when there is none. */
function imageIn(bytes: Uint8Array, { type, start, length }: Chunk): ImageSize | undefined {
  const payload = bytes.subarray(start, start + length);
  if (type === "VP8 ") return sizeOfVp8(payload);
  return type === "VP8L" ? sizeOfVp8l(payload) : undefined;
}

/**
 * The size of a lossy image (RFC 6386 section 9.1): a key frame, shown, of a known version, with its
 * start code and a first partition that fits. How far it is to be scaled is nobody's business here.
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

/** The size of a lossless image (RFC 9649 section 3.4): 14 bits a side, less one, alpha, version 0. */
function sizeOfVp8l(payload: Uint8Array): ImageSize | undefined {
  const fields = littleEndian(payload, 1, 4);
  const isKnown = payload[0] === 0x2f && fields < 2 ** 29;
  if (!isKnown || payload.length <= 5) return undefined;
  return { width: 1 + (fields & 0x3fff), height: 1 + ((fields >>> 14) & 0x3fff) };
}
