/** Makes small real images, byte by byte, and broken ones the same way. */

type Part = string | readonly number[] | Uint8Array;

/** Bytes in a row; a string stands for its characters, one byte each. */
export function bytes(...parts: readonly Part[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "string" ? [...part].map((character) => character.charCodeAt(0)) : [...part],
    ),
  );
}

/** The bytes with those at a place replaced. */
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

/** A whole PNG of the chunks. */
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

/** Rows of so many zero bits a pixel, each after its filter byte, in stored blocks of deflate. */
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

/** A grey PNG of one bit a pixel. */
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

/** A whole JPEG: the start marker, the parts, the end marker. */
export function jpegOf(...parts: readonly Uint8Array[]): Uint8Array {
  return bytes([0xff, 0xd8], ...parts, [0xff, 0xd9]);
}

export function segment(marker: number, data: Part = ""): Uint8Array {
  const body = bytes(data);
  return bytes([0xff, marker], big(body.length + 2, 2), body);
}

/** A frame header of components 1, 2, 3…, none of them subsampled. */
export function frame(marker: number, width: number, height: number, components = 1): Uint8Array {
  const each = Array.from({ length: components }, (_, index) => [index + 1, 0x11, 0]).flat();
  return segment(marker, bytes([8], big(height, 2), big(width, 2), [components], each));
}

/** The header of a scan of components 1, 2, 3…, and its coded pixels. */
export function scan(content: Part, components = 1, band: readonly number[] = [0, 63, 0]): Uint8Array {
  const each = Array.from({ length: components }, (_, index) => [index + 1, 0]).flat();
  return bytes(segment(0xda, bytes([components], each, band)), content);
}

/** A quantization table of ones, and two Huffman tables in which one bit, 0, is the one symbol. */
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

/** Bits as coded pixels: filled up with ones, a 0 stuffed after every 0xff (T.81 section F.1.2.3). */
export function coded(bits: string): number[] {
  const groups = bits.match(/.{1,8}/g) ?? [];
  return groups
    .map((group) => Number.parseInt(group.padEnd(8, "1"), 2))
    .flatMap((byte) => (byte === 0xff ? [0xff, 0] : [byte]));
}

const blocks = (width: number, height: number) => Math.ceil(width / 8) * Math.ceil(height / 8);

/** A grey baseline JPEG: of each block a difference of 0, then its end. */
export function jpeg(width = 8, height = 8): Uint8Array {
  const bits = "00".repeat(blocks(width, height));
  return jpegOf(jfif, tables(), frame(0xc0, width, height), scan(coded(bits)));
}

/** A grey progressive JPEG of two scans: the first coefficients, then all the others, which are 0. */
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

/** A JPEG of grey and white blocks, with 0xff among its coded pixels and a restart after every third. */
export function chequeredJpeg(): Uint8Array {
  const [white, grey] = ["011111111111", "000000000000"].map((difference) => `${difference}0`);
  const row = coded(`${white}${grey}${white}`);
  const restarted = [...row, 0xff, 0xd0, ...row, 0xff, 0xd1, ...row, 0xff, 0xd2, ...row];
  return jpegOf(tables(11), segment(0xdd, [0, 3]), frame(0xc0, 24, 32), scan(restarted));
}

export const jfif = segment(0xe0, bytes("JFIF\0", [1, 1, 0, 0, 1, 0, 1, 0, 0]));

/** A whole WebP of the chunks. */
export function webpOf(...chunks: readonly Uint8Array[]): Uint8Array {
  const body = bytes("WEBP", ...chunks);
  return bytes("RIFF", little(body.length, 4), body);
}

export function webpChunk(type: string, data: Part = ""): Uint8Array {
  const payload = bytes(data);
  return bytes(type, little(payload.length, 4), payload, payload.length % 2 === 1 ? [0] : []);
}

/** A lossless image of one colour: five codes of one symbol each, which take no bits to repeat. */
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

/** A lossy grey image of 16 by 16 pixels, as an encoder made it. */
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

/** Transparency of every pixel, not compressed. */
export function alph(width = 16, height = 16): Uint8Array {
  return webpChunk("ALPH", bytes([0], new Uint8Array(width * height).fill(128)));
}

/** An image of each kind, by its name. */
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
