import { describe, expect, it } from "vitest";

import { readImage } from "../../../src/domain/logo.ts";
import { alph, bytes, little, replaced, vp8, vp8l, vp8x, webpChunk, webpOf } from "../../support/images.ts";

const accepted = { kind: "image", type: "image/webp", extension: "webp", width: 16, height: 16 };
const refused = (reason: string) => ({ kind: "refused", reason });

const lossless = webpChunk("VP8L", vp8l(16, 16).subarray(8));
const canvas = vp8x(16, 16);
const odd = webpChunk("odd ", "abc");

describe("a simple WebP", () => {
  it.each([
    { name: "lossy", chunks: [vp8], answer: accepted },
    { name: "lossless", chunks: [lossless], answer: accepted },
    { name: "of nothing", chunks: [], answer: refused("malformed") },
    { name: "of half a chunk header", chunks: [bytes("VP8 ")], answer: refused("malformed") },
    { name: "of another chunk", chunks: [odd], answer: refused("malformed") },
    { name: "of another chunk first", chunks: [odd, vp8], answer: refused("malformed") },
    { name: "of an image and another chunk", chunks: [vp8, odd], answer: refused("trailing_data") },
    { name: "of two images", chunks: [vp8, vp8], answer: refused("trailing_data") },
    { name: "of transparency alone", chunks: [alph()], answer: refused("malformed") },
    {
      name: "of an animation's control",
      chunks: [webpChunk("ANIM", new Uint8Array(6))],
      answer: refused("malformed"),
    },
  ])("a simple WebP must have one chunk: $name", ({ chunks, answer }) => {
    expect(readImage(webpOf(...chunks))).toEqual(answer);
  });

  it("a simple WebP must have the length in its header", () => {
    const image = webpOf(vp8);
    const length = image.length - 8;
    const saying = (size: number) => readImage(replaced(image, 4, ...little(size, 4)));
    expect(saying(length)).toEqual(accepted);
    for (const size of [length + 1, length + 2, 2 ** 31, 2 ** 32 - 1])
      expect(saying(size)).toEqual(refused("truncated"));
    for (const size of [0, 4, length - 2, length - 1]) expect(saying(size)).toEqual(refused("trailing_data"));
  });

  it("a simple WebP must have a chunk that ends within it", () => {
    const length = vp8.length - 8;
    const saying = (size: number) => readImage(replaced(webpOf(vp8), 16, ...little(size, 4)));
    expect(saying(length)).toEqual(accepted);
    for (const size of [length + 1, length + 2, 2 ** 32 - 1])
      expect(saying(size)).toEqual(refused("malformed"));
    expect(saying(length - 1)).toEqual(accepted);
    expect(saying(length - 2)).toEqual(refused("trailing_data"));
  });

  it("a simple WebP must pad an odd chunk with 0", () => {
    const chunk = webpChunk("VP8 ", bytes(vp8.subarray(8), [7]));
    const image = webpOf(chunk);
    expect(readImage(image)).toEqual(accepted);
    expect(readImage(replaced(image, image.length - 1, 1))).toEqual(refused("malformed"));
    expect(readImage(webpOf(chunk.subarray(0, -1)))).toEqual(refused("malformed"));
  });
});

describe("the header of a lossy image", () => {
  /** The image with bytes of its frame header replaced. */
  const headed = (at: number, ...values: readonly number[]) =>
    readImage(replaced(webpOf(vp8), 20 + at, ...values));

  it.each([
    { name: "as it was", at: 0, values: [0x30], answer: accepted },
    { name: "of the last version", at: 0, values: [0x36], answer: accepted },
    { name: "not of a key frame", at: 0, values: [0x31], answer: refused("malformed") },
    { name: "of version 4", at: 0, values: [0x38], answer: refused("malformed") },
    { name: "not to be shown", at: 0, values: [0x20], answer: refused("malformed") },
    { name: "of a partition that fits", at: 0, values: little((14 << 5) | 0x10, 3), answer: accepted },
    {
      name: "of a partition one byte too long",
      at: 0,
      values: little((15 << 5) | 0x10, 3),
      answer: refused("malformed"),
    },
    { name: "of an empty partition", at: 0, values: little(0x10, 3), answer: refused("malformed") },
    { name: "of another start code", at: 3, values: [0x9c], answer: refused("malformed") },
    { name: "of another start code, later", at: 4, values: [0x02], answer: refused("malformed") },
    { name: "of another start code, last", at: 5, values: [0x2b], answer: refused("malformed") },
    { name: "of no width", at: 6, values: [0, 0], answer: refused("malformed") },
    { name: "of no height", at: 8, values: [0, 0], answer: refused("malformed") },
    { name: "of no width, but scaled", at: 6, values: [0, 0xc0], answer: refused("malformed") },
    { name: "to be scaled", at: 6, values: [16, 0x40, 16, 0xc0], answer: accepted },
    { name: "of 14 bits", at: 6, values: [0xff, 0x3f, 0x01, 0x00], answer: refused("too_many_pixels") },
  ])("the header of a lossy image is validated: $name", ({ at, values, answer }) => {
    expect(headed(at, ...values)).toEqual(answer);
  });

  it("the header of a lossy image must be complete", () => {
    for (let length = 0; length <= 10; length += 1) {
      const short = webpOf(webpChunk("VP8 ", vp8.subarray(8, 8 + length)));
      expect(readImage(short)).toEqual(refused("malformed"));
    }
  });
});

describe("the header of a lossless image", () => {
  it.each([
    { width: 1, height: 1 },
    { width: 1, height: 4096 },
    { width: 4096, height: 1 },
    { width: 256, height: 257 },
    { width: 3, height: 2 },
  ])("the header of a lossless image contains the size: $width by $height", ({ width, height }) => {
    expect(readImage(webpOf(vp8l(width, height)))).toEqual({ ...accepted, width, height });
  });

  it.each([
    { name: "of alpha", at: 4, values: [0x10], answer: accepted },
    { name: "of version 1", at: 4, values: [0x20], answer: refused("malformed") },
    { name: "of version 4", at: 4, values: [0x80], answer: refused("malformed") },
    { name: "of another signature", at: 0, values: [0x2e], answer: refused("malformed") },
    { name: "of 14 bits", at: 1, values: [0xff, 0x3f, 0, 0], answer: refused("too_many_pixels") },
  ])("the header of a lossless image is validated: $name", ({ at, values, answer }) => {
    const image = webpOf(vp8l(16, 1));
    const answered = readImage(replaced(image, 20 + at, ...values));
    expect(answered).toEqual("reason" in answer ? answer : { ...accepted, height: 1 });
  });

  it("the header of a lossless image must be complete and followed by an image", () => {
    for (let length = 0; length <= 5; length += 1) {
      const short = webpOf(webpChunk("VP8L", lossless.subarray(8, 8 + length)));
      expect(readImage(short)).toEqual(refused("malformed"));
    }
  });
});

describe("an extended WebP", () => {
  const anim = webpChunk("ANIM", new Uint8Array(6));
  const anmf = webpChunk("ANMF", bytes(new Uint8Array(16), vp8));
  const iccp = webpChunk("ICCP", "profile");
  const exif = webpChunk("EXIF", "II*\0");

  it.each([
    { name: "a canvas and an image", chunks: [canvas, vp8], answer: accepted },
    { name: "a lossless image", chunks: [canvas, lossless], answer: accepted },
    { name: "transparency", chunks: [vp8x(16, 16, 0x10), alph(), vp8], answer: accepted },
    {
      name: "a profile and metadata",
      chunks: [vp8x(16, 16, 0x2c), iccp, vp8, exif, webpChunk("XMP ", "<x/>")],
      answer: accepted,
    },
    { name: "metadata first", chunks: [canvas, exif, vp8], answer: accepted },
    { name: "unknown chunks", chunks: [canvas, odd, vp8, odd, odd], answer: accepted },
    { name: "reserved bits", chunks: [vp8x(16, 16, 0xc1), vp8], answer: accepted },
    {
      name: "a longer canvas chunk",
      chunks: [webpChunk("VP8X", bytes(canvas.subarray(8), [0, 0])), vp8],
      answer: accepted,
    },
    {
      name: "a shorter canvas chunk",
      chunks: [webpChunk("VP8X", canvas.subarray(8, 17)), vp8],
      answer: refused("malformed"),
    },
    { name: "no image", chunks: [canvas, exif], answer: refused("malformed") },
    { name: "nothing else", chunks: [canvas], answer: refused("malformed") },
    { name: "two images", chunks: [canvas, vp8, vp8], answer: refused("malformed") },
    { name: "two images of two kinds", chunks: [canvas, vp8, lossless], answer: refused("malformed") },
    { name: "two canvases", chunks: [canvas, canvas, vp8], answer: refused("malformed") },
    { name: "a canvas too late", chunks: [vp8, canvas], answer: refused("trailing_data") },
    { name: "a broken image", chunks: [canvas, webpChunk("VP8 ", "not one")], answer: refused("malformed") },
    {
      name: "transparency of a lossless image",
      chunks: [canvas, alph(), lossless],
      answer: refused("malformed"),
    },
    { name: "transparency twice", chunks: [canvas, alph(), alph(), vp8], answer: refused("malformed") },
    { name: "transparency too late", chunks: [canvas, vp8, alph()], answer: refused("malformed") },
    {
      name: "transparency of one byte",
      chunks: [canvas, webpChunk("ALPH", [0, 128]), vp8],
      answer: accepted,
    },
    {
      name: "transparency of nothing",
      chunks: [canvas, webpChunk("ALPH", [0]), vp8],
      answer: refused("malformed"),
    },
    { name: "a profile too late", chunks: [canvas, vp8, iccp], answer: refused("malformed") },
    {
      name: "a chunk past the end",
      chunks: [canvas, vp8, bytes("odd ", little(5, 4), "abcd")],
      answer: refused("malformed"),
    },
    { name: "half a chunk header", chunks: [canvas, vp8, bytes("odd ")], answer: refused("malformed") },
    {
      name: "a chunk named beyond ASCII",
      chunks: [canvas, vp8, webpChunk("od\u00e9 ")],
      answer: refused("malformed"),
    },
    {
      name: "padding that is none",
      chunks: [canvas, vp8, bytes("odd ", little(1, 4), "ab")],
      answer: refused("malformed"),
    },
    { name: "a higher canvas", chunks: [vp8x(16, 17), vp8], answer: refused("malformed") },
    { name: "a narrower canvas", chunks: [vp8x(15, 16), vp8], answer: refused("malformed") },
    { name: "a wide canvas", chunks: [vp8x(2 ** 24, 2 ** 24), vp8], answer: refused("malformed") },
    {
      name: "a canvas as large as too large an image",
      chunks: [vp8x(4097, 1), vp8l(4097, 1)],
      answer: refused("too_many_pixels"),
    },
    { name: "an animation", chunks: [vp8x(16, 16, 0x02), anim, anmf, anmf], answer: refused("animated") },
    { name: "an animation that does not say so", chunks: [canvas, anim, anmf], answer: refused("animated") },
    { name: "a frame after a still image", chunks: [canvas, vp8, anmf], answer: refused("animated") },
    {
      name: "a still image that says it moves",
      chunks: [vp8x(16, 16, 0x02), vp8],
      answer: refused("animated"),
    },
  ])("an extended WebP must be one still image as large as its canvas: $name [R45]", ({ chunks, answer }) => {
    expect(readImage(webpOf(...chunks))).toEqual(answer);
  });
});
