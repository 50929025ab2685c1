/** Which files may be a logo: still images of three formats, known by what they hold and not by their names. */
import type { ImageError, ImageSize } from "./images/image.ts";
import { matchesAt } from "./images/image.ts";
import { jpegStart, readJpeg } from "./images/jpeg.ts";
import { pngSignature, readPng } from "./images/png.ts";
import { isWebp, readWebp } from "./images/webp.ts";

/** How many bytes a logo may have: 2 MiB. */
export const maxLogoBytes = 2 * 1024 * 1024;

/** How many pixels wide, and how many high, a logo may be. */
export const maxLogoSide = 4096;

/** The media types a logo is served with. */
export const imageTypes = ["image/png", "image/jpeg", "image/webp"] as const;
export type ImageType = (typeof imageTypes)[number];

/** How the name of a file of each ends. */
export const imageExtensions = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
} as const satisfies Record<ImageType, string>;

/** The formats of a logo. */
export type ImageFormat = {
  [Type in ImageType]: { readonly type: Type; readonly extension: (typeof imageExtensions)[Type] };
}[ImageType];

export type ImageResult =
  | ({ readonly kind: "image" } & ImageFormat & ImageSize)
  | { readonly kind: "refused"; readonly reason: ImageError };

/**
 * Tells whether bytes are, from the first to the last, one still image of a format and size that a
 * logo may have. What the image shows is not decoded: its pixels may still be garbage. Any bytes are
 * answered, in time that grows with their number alone.
 */
export function readImage(bytes: Uint8Array): ImageResult {
  if (bytes.length === 0) return { kind: "refused", reason: "empty" };
  const found = formats.find(({ begins }) => begins(bytes));
  if (found === undefined) return { kind: "refused", reason: "unknown_format" };
  const size = found.read(bytes);
  if (typeof size === "string") return { kind: "refused", reason: size };
  if (size.width > maxLogoSide || size.height > maxLogoSide) {
    return { kind: "refused", reason: "too_many_pixels" };
  }
  return { kind: "image", ...found.format, ...size };
}

interface FormatReader {
  readonly format: ImageFormat;
  readonly begins: (bytes: Uint8Array) => boolean;
  readonly read: (bytes: Uint8Array) => ImageSize | ImageError;
}

const formats: readonly FormatReader[] = [
  {
    format: { type: "image/png", extension: "png" },
    begins: (bytes) => matchesAt(bytes, 0, pngSignature),
    read: readPng,
  },
  {
    format: { type: "image/jpeg", extension: "jpg" },
    begins: (bytes) => matchesAt(bytes, 0, jpegStart),
    read: readJpeg,
  },
  { format: { type: "image/webp", extension: "webp" }, begins: isWebp, read: readWebp },
];
