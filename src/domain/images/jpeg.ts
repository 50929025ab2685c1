/** Reads the structure of a JPEG (ITU-T T.81), of the kinds that browsers show. */
import { bigEndian, type ImageError, type ImageSize } from "./image.ts";

/** The first bytes of every JPEG: start of image, and the first byte of the next marker (section B.1.1.3). */
export const jpegStart = [0xff, 0xd8, 0xff] as const;

/**
 * Maximum number of scans; encoders write about ten. The standard sets no maximum, but a scan of a dozen
 * bytes can cost a browser a pass over all pixels.
 */
export const maxScans = 100;

/**
 * Returns the size of a JPEG, or why the bytes are not one. Segments are skipped by their lengths, so that
 * an embedded thumbnail is ignored. The end-of-image marker must be the last bytes. The caller has checked
 * `jpegStart`; entropy-coded data is skipped. The size ignores an Exif rotation.
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
    if (!hasSegment(marker)) return isUnsupportedMarker(marker) ? "unsupported" : "malformed";

    if (at + 2 > bytes.length) return "truncated";
    const end = at + bigEndian(bytes, at, 2);
    if (end < at + 2) return "malformed";
    if (end > bytes.length) return "truncated";
    if (frames.includes(marker)) {
      if (frame !== undefined) return "malformed";
      const result = readFrame(bytes.subarray(at + 2, end));
      if (typeof result === "string") return result;
      frame = result;
    } else if (marker === startOfScan) {
      if (frame === undefined || !isScanOf(frame, bytes.subarray(at + 2, end))) return "malformed";
      scans += 1;
      if (scans > maxScans) return "unsupported";
      at = endOfScanData(bytes, end);
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
/** DNL (a height after the first scan), and hierarchical JPEGs. */
const unsupportedMarkers: readonly number[] = [0xdc, 0xde, 0xdf];

/** Whether a marker starts an accepted segment: a frame, a scan, tables, APPn or a comment. */
function hasSegment(marker: number): boolean {
  if (frames.includes(marker) || tables.includes(marker) || marker === startOfScan) return true;
  return (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe;
}

/** Whether a marker belongs to a lossless, arithmetic-coded or hierarchical JPEG, or to one with DNL. */
function isUnsupportedMarker(marker: number): boolean {
  return (marker >= 0xc3 && marker <= 0xcf) || unsupportedMarkers.includes(marker);
}

interface Frame extends ImageSize {
  readonly components: readonly number[];
}

/** Reads a frame header (section B.2.2). A height of 0 means that DNL follows the first scan. */
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

/** Whether a scan header (section B.2.3) has the right length and only components of the frame. */
function isScanOf(frame: Frame, segment: Uint8Array): boolean {
  const [count = 0] = segment;
  if (count < 1 || count > 4 || segment.length !== 4 + 2 * count) return false;
  for (let at = 1; at <= 2 * count; at += 2) {
    if (!frame.components.includes(segment[at] ?? -1)) return false;
  }
  return true;
}

/**
 * Returns the offset of the marker after the data of a scan, or the end of the bytes. In the data, 0xff is
 * followed by 0 (section B.1.1.5) or starts a restart marker; further 0xff may pad it.
 */
function endOfScanData(bytes: Uint8Array, start: number): number {
  for (let at = start; at < bytes.length; at += 1) {
    if (bytes[at] !== 0xff) continue;
    const markerStart = at;
    while (bytes[at] === 0xff) at += 1;
    const next = bytes[at] ?? 0;
    if (next !== 0 && (next < 0xd0 || next > 0xd7)) return markerStart;
  }
  return bytes.length;
}
