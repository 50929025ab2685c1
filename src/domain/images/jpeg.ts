/** Reads the structure of a JPEG: ITU-T T.81, as far as browsers show it. */
import { bigEndian, type ImageError, type ImageSize } from "./image.ts";

/** What every JPEG begins with: its start, and the first byte of the next marker (section B.1.1.3). */
export const jpegStart = [0xff, 0xd8, 0xff] as const;

/**
 * How many scans a JPEG may have; encoders make about ten. The standard knows no bound, and for a
 * dozen bytes of file each of them may cost a browser a pass over all the pixels.
 */
export const maxScans = 100;

/**
 * The size of the JPEG that fills the bytes, or why they are none: segments are walked by their
 * lengths, so that no picture inside one counts, up to the end-of-image marker and nothing after it.
 * The start is the caller's to see; coded pixels are passed over. The size is the stored one,
 * whichever way an Exif segment turns it.
 */
export function readJpeg(bytes: Uint8Array): ImageSize | ImageError {
  let frame: Frame | undefined;
  let scans = 0;
  for (let at = 2; ;) {
    if (at < bytes.length && bytes[at] !== 0xff) return "malformed";
    while (bytes[at] === 0xff) at += 1;
    const marker = bytes[at];
    if (marker === undefined) return "truncated";
    at += 1;
    if (marker === endOfImage) {
      if (frame === undefined || scans === 0) return "malformed";
      return at === bytes.length ? { width: frame.width, height: frame.height } : "trailing_data";
    }
    if (!hasSegment(marker)) return isOfOtherKind(marker) ? "unsupported" : "malformed";

    if (at + 2 > bytes.length) return "truncated";
    const end = at + bigEndian(bytes, at, 2);
    if (end < at + 2) return "malformed";
    if (end > bytes.length) return "truncated";
    if (frames.includes(marker)) {
      if (frame !== undefined) return "malformed";
      const found = readFrame(bytes.subarray(at + 2, end));
      if (typeof found === "string") return found;
      frame = found;
    } else if (marker === startOfScan) {
      if (frame === undefined || !isScanOf(frame, bytes.subarray(at + 2, end))) return "malformed";
      scans += 1;
      if (scans > maxScans) return "unsupported";
      at = endOfCodedPixels(bytes, end);
      if (at === end && at < bytes.length) return "malformed";
      continue;
    }
    at = end;
  }
}

const endOfImage = 0xd9;
const startOfScan = 0xda;
/** Baseline, extended sequential and progressive, all Huffman-coded (table B.1). */
const frames: readonly number[] = [0xc0, 0xc1, 0xc2];
/** Huffman tables, quantization tables and the restart interval. */
const tables: readonly number[] = [0xc4, 0xdb, 0xdd];
/** Heights told late, and hierarchical JPEGs. */
const late: readonly number[] = [0xdc, 0xde, 0xdf];

/** Whether a marker begins a segment that a JPEG may have: a frame, a scan, tables, APPn or a comment. */
function hasSegment(marker: number): boolean {
  if (frames.includes(marker) || tables.includes(marker) || marker === startOfScan) return true;
  return (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe;
}

/** Whether a marker stands in JPEGs that are lossless, arithmetic-coded or hierarchical, or tell their height late. */
function isOfOtherKind(marker: number): boolean {
  return (marker >= 0xc3 && marker <= 0xcf) || late.includes(marker);
}

interface Frame extends ImageSize {
  readonly components: readonly number[];
}

/** A frame header (section B.2.2). A height of 0 would be told after the first scan. */
function readFrame(segment: Uint8Array): Frame | ImageError {
  const [precision, , , , , count = 0] = segment;
  if (count < 1 || count > 4 || segment.length !== 6 + 3 * count) return "malformed";
  const height = bigEndian(segment, 1, 2);
  const width = bigEndian(segment, 3, 2);
  if (width === 0) return "malformed";
  if (precision !== 8 || height === 0) return "unsupported";
  const components: number[] = [];
  for (let at = 6; at < segment.length; at += 3) {
    const [component = 0, sampling = 0, table = 0] = segment.subarray(at, at + 3);
    if (!isSampling(sampling >> 4) || !isSampling(sampling & 15) || table > 3) return "malformed";
    components.push(component);
  }
  return { width, height, components };
}

function isSampling(factor: number): boolean {
  return factor >= 1 && factor <= 4;
}

/** Whether a scan header (section B.2.3) is of its own length and names components of the frame. */
function isScanOf(frame: Frame, segment: Uint8Array): boolean {
  const [count = 0] = segment;
  if (count < 1 || count > 4 || segment.length !== 4 + 2 * count) return false;
  for (let at = 1; at <= 2 * count; at += 2) {
    if (!frame.components.includes(segment[at] ?? -1)) return false;
  }
  return true;
}

/**
 * Where the marker after coded pixels begins, or the end of the bytes. A 0xff among the pixels is
 * followed by a 0 (section B.1.1.5) or begins one of the eight restart markers; more of them may fill.
 */
function endOfCodedPixels(bytes: Uint8Array, start: number): number {
  for (let at = start; at < bytes.length; at += 1) {
    if (bytes[at] !== 0xff) continue;
    const begin = at;
    while (bytes[at] === 0xff) at += 1;
    const next = bytes[at] ?? 0;
    if (next !== 0 && (next < 0xd0 || next > 0xd7)) return begin;
  }
  return bytes.length;
}
