/** Builds small images byte by byte, valid and broken ones. */

type Part = string | readonly number[] | Uint8Array;

/** Concatenates bytes; a string contributes one byte per character. */
export function bytes(...parts: readonly Part[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "string" ? [...part].map((character) => character.charCodeAt(0)) : [...part],
    ),
  );
}

/** Returns a copy with the bytes at an offset replaced. */
export function replaced(image: Uint8Array, at: number, ...values: readonly number[]): Uint8Array {
  const copy = image.slice();
  copy.set(values, at);
  return copy;
}

export function big(value: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.floor(value / 256 ** (count - 1 - index)) % 256);
}

export function little(value: number, count: number): number[] {
  return big(value, count).toReversed();
}

/** Returns a PNG with these chunks. */
export function pngOf(...chunks: readonly Uint8Array[]): Uint8Array {
  return bytes([0x89], "PNG\r\n", [0x1a], "\n", ...chunks);
}

export function pngChunk(type: string, data: Part = ""): Uint8Array {
  const body = bytes(type, data);
  return bytes(big(body.length - 4, 4), body, big(crc(body), 4));
}

export interface PngFields {
  readonly width?: number;
  readonly height?: number;
  readonly bitDepth?: number;
  readonly colourType?: number;
  readonly compression?: number;
  readonly filter?: number;
  readonly interlace?: number;
}

export function ihdr(fields: PngFields = {}): Uint8Array {
  const { width = 3, height = 2, bitDepth = 1, colourType = 0 } = fields;
  const { compression = 0, filter = 0, interlace = 0 } = fields;
  return pngChunk(
    "IHDR",
    bytes(big(width, 4), big(height, 4), [bitDepth, colourType, compression, filter, interlace]),
  );
}

/** Returns rows of zero bits, each after its filter byte, in stored deflate blocks. */
export function pixels(width = 3, height = 2, bitsPerPixel = 1): Uint8Array {
  const length = height * (1 + Math.ceil((width * bitsPerPixel) / 8));
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < length; at += 65_535) {
    const size = Math.min(65_535, length - at);
    const last = at + size === length ? 1 : 0;
    blocks.push(bytes([last], little(size, 2), little(65_535 - size, 2), new Uint8Array(size)));
  }
  return bytes([0x78, 0x01], ...blocks, big(length % 65_521, 2), [0, 1]);
}

/** Returns a grey PNG with one bit per pixel. */
export function png(width = 3, height = 2): Uint8Array {
  return pngOf(ihdr({ width, height }), pngChunk("IDAT", pixels(width, height)), pngChunk("IEND"));
}

function crc(body: Uint8Array): number {
  let value = -1;
  for (const byte of body) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value >>> 0;
}

/** Returns a JPEG: start marker, parts, end marker. */
export function jpegOf(...parts: readonly Uint8Array[]): Uint8Array {
  return bytes([0xff, 0xd8], ...parts, [0xff, 0xd9]);
}

export function segment(marker: number, data: Part = ""): Uint8Array {
  const body = bytes(data);
  return bytes([0xff, marker], big(body.length + 2, 2), body);
}

/** Returns a frame header with components 1, 2, 3… without subsampling. */
export function frame(marker: number, width: number, height: number, components = 1): Uint8Array {
  const each = Array.from({ length: components }, (_, index) => [index + 1, 0x11, 0]).flat();
  return segment(marker, bytes([8], big(height, 2), big(width, 2), [components], each));
}

/** Returns the header of a scan with components 1, 2, 3…, and its coded pixels. */
export function scan(content: Part, components = 1, band: readonly number[] = [0, 63, 0]): Uint8Array {
  const each = Array.from({ length: components }, (_, index) => [index + 1, 0]).flat();
  return bytes(segment(0xda, bytes([components], each, band)), content);
}

/** Returns a quantization table of ones and two Huffman tables whose only symbol is the bit 0. */
export function tables(dcSymbol = 0): Uint8Array {
  const oneCode = [1, ...Array.from({ length: 15 }, () => 0)];
  const quantization = segment(
    0xdb,
    Array.from({ length: 65 }, (_, index) => (index === 0 ? 0 : 1)),
  );
  return bytes(
    quantization,
    segment(0xc4, [0, ...oneCode, dcSymbol]),
    segment(0xc4, [0x10, ...oneCode, 0x00]),
  );
}

/** Returns bits as coded pixels: padded with ones, with a 0 after every 0xff (T.81 section F.1.2.3). */
export function coded(bits: string): number[] {
  const groups = bits.match(/.{1,8}/g) ?? [];
  return groups
    .map((group) => Number.parseInt(group.padEnd(8, "1"), 2))
    .flatMap((byte) => (byte === 0xff ? [0xff, 0] : [byte]));
}

const blocks = (width: number, height: number) => Math.ceil(width / 8) * Math.ceil(height / 8);

/** Returns a grey baseline JPEG: each block is a difference of 0 and its end. */
export function jpeg(width = 8, height = 8): Uint8Array {
  const bits = "00".repeat(blocks(width, height));
  return jpegOf(jfif, tables(), frame(0xc0, width, height), scan(coded(bits)));
}

/** Returns a grey progressive JPEG of two scans: the first coefficients, then the others, which are 0. */
export function progressiveJpeg(width = 8, height = 8): Uint8Array {
  const bits = coded("0".repeat(blocks(width, height)));
  return jpegOf(
    tables(),
    frame(0xc2, width, height),
    scan(bits, 1, [0, 0, 0]),
    segment(0xfe, "between the scans"),
    scan(bits, 1, [1, 63, 0]),
  );
}

/** Returns a JPEG of grey and white blocks, with 0xff in its coded pixels and a restart after every third block. */
export function chequeredJpeg(): Uint8Array {
  const [white, grey] = ["011111111111", "000000000000"].map((difference) => `${difference}0`);
  const row = coded(`${white}${grey}${white}`);
  const restarted = [...row, 0xff, 0xd0, ...row, 0xff, 0xd1, ...row, 0xff, 0xd2, ...row];
  return jpegOf(tables(11), segment(0xdd, [0, 3]), frame(0xc0, 24, 32), scan(restarted));
}

export const jfif = segment(0xe0, bytes("JFIF\0", [1, 1, 0, 0, 1, 0, 1, 0, 0]));

/** Returns a WebP with these chunks. */
export function webpOf(...chunks: readonly Uint8Array[]): Uint8Array {
  const body = bytes("WEBP", ...chunks);
  return bytes("RIFF", little(body.length, 4), body);
}

export function webpChunk(type: string, data: Part = ""): Uint8Array {
  const payload = bytes(data);
  return bytes(type, little(payload.length, 4), payload, payload.length % 2 === 1 ? [0] : []);
}

/** Returns a lossless image of one colour: five codes of one symbol each, which needs no bits to repeat. */
export function vp8l(width = 3, height = 2): Uint8Array {
  const bits = [
    ...[width - 1, height - 1].map((value) => value.toString(2).padStart(14, "0")),
    "0", // no alpha
    "000", // version
    "0", // no transform
    "0", // no colour cache
    "0", // one group of codes
    ...[100, 150, 200, 255].map((value) => `${value.toString(2).padStart(8, "0")}101`),
    "0001", // distances: a simple code of one symbol, 0, in one bit
  ].map((field) => [...field].toReversed().join(""));
  const packed = bits.join("").match(/.{1,8}/g) ?? [];
  const body = packed.map((group) => Number.parseInt([...group].toReversed().join(""), 2));
  return webpChunk("VP8L", bytes([0x2f], body));
}

/** A lossy grey image of 16 × 16 pixels, written by an encoder. */
export const vp8 = webpChunk(
  "VP8 ",
  [
    0x30, 0x01, 0x00, 0x9d, 0x01, 0x2a, 0x10, 0x00, 0x10, 0x00, 0x07, 0x40, 0x96, 0x25, 0xa4, 0x00, 0x03,
    0x70, 0x00, 0xfb, 0x40, 0x00, 0x00, 0x00,
  ],
);

export function vp8x(width: number, height: number, flags = 0): Uint8Array {
  return webpChunk("VP8X", bytes([flags, 0, 0, 0], little(width - 1, 3), little(height - 1, 3)));
}

/** Returns the alpha value of every pixel, uncompressed. */
export function alph(width = 16, height = 16): Uint8Array {
  return webpChunk("ALPH", bytes([0], new Uint8Array(width * height).fill(128)));
}

/** Returns one image of each format by name. */
export function oneOfEach(): Record<string, Uint8Array> {
  return {
    png: png(),
    "jpg, baseline": jpeg(),
    "jpg, progressive": progressiveJpeg(),
    "jpg, with restarts": chequeredJpeg(),
    "webp, lossy": webpOf(vp8),
    "webp, lossless": webpOf(vp8l()),
    "webp, extended": webpOf(vp8x(16, 16, 0x10), alph(), vp8, webpChunk("EXIF", "odd")),
  };
}
