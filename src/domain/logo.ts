/** The files accepted as a logo: still images of three formats, detected by their content. */
import type { ImageError, ImageSize } from "./images/image.ts";
import { matchesAt } from "./images/image.ts";
import { jpegStart, readJpeg } from "./images/jpeg.ts";
import { pngSignature, readPng } from "./images/png.ts";
import { isWebp, readWebp } from "./images/webp.ts";

/** Maximum size of a logo: 2 MiB. */
export const maxLogoBytes = 2 * 1024 * 1024;

/** Maximum width and height of a logo, in pixels. */
export const maxLogoSide = 4096;

/** The media types a logo is served with. */
export const imageTypes = ["image/png", "image/jpeg", "image/webp"] as const;
export type ImageType = (typeof imageTypes)[number];

/** The file extension of each media type. */
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
 * Checks that bytes are exactly one still image of an accepted format and size. Pixels are not decoded,
 * so they may be garbage. Handles any input in linear time.
 */
export function readImage(bytes: Uint8Array): ImageResult {
  if (bytes.length === 0) return { kind: "refused", reason: "empty" };
  const reader = formats.find(({ matches }) => matches(bytes));
  if (reader === undefined) return { kind: "refused", reason: "unknown_format" };
  const size = reader.read(bytes);
  if (typeof size === "string") return { kind: "refused", reason: size };
  if (size.width > maxLogoSide || size.height > maxLogoSide) {
    return { kind: "refused", reason: "too_many_pixels" };
  }
  return { kind: "image", ...reader.format, ...size };
}

interface FormatReader {
  readonly format: ImageFormat;
  readonly matches: (bytes: Uint8Array) => boolean;
  readonly read: (bytes: Uint8Array) => ImageSize | ImageError;
}

const formats: readonly FormatReader[] = [
  {
    format: { type: "image/png", extension: "png" },
    matches: (bytes) => matchesAt(bytes, 0, pngSignature),
    read: readPng,
  },
  {
    format: { type: "image/jpeg", extension: "jpg" },
    matches: (bytes) => matchesAt(bytes, 0, jpegStart),
    read: readJpeg,
  },
  { format: { type: "image/webp", extension: "webp" }, matches: isWebp, read: readWebp },
];
