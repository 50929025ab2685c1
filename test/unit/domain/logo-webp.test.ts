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
    ["lossy", [vp8], accepted],
    ["lossless", [lossless], accepted],
    ["of nothing", [], refused("malformed")],
    ["of half a chunk header", [bytes("VP8 ")], refused("malformed")],
    ["of another chunk", [odd], refused("malformed")],
    ["of another chunk first", [odd, vp8], refused("malformed")],
    ["of an image and another chunk", [vp8, odd], refused("trailing_data")],
    ["of two images", [vp8, vp8], refused("trailing_data")],
    ["of transparency alone", [alph()], refused("malformed")],
    ["of an animation's control", [webpChunk("ANIM", new Uint8Array(6))], refused("malformed")],
  ])("must have one chunk: %s", (_, chunks, answer) => {
    expect(readImage(webpOf(...chunks))).toEqual(answer);
  });

  it("must have the length in its header", () => {
    const image = webpOf(vp8);
    const length = image.length - 8;
    const saying = (size: number) => readImage(replaced(image, 4, ...little(size, 4)));
    expect(saying(length)).toEqual(accepted);
    for (const size of [length + 1, length + 2, 2 ** 31, 2 ** 32 - 1])
      expect(saying(size)).toEqual(refused("truncated"));
    for (const size of [0, 4, length - 2, length - 1]) expect(saying(size)).toEqual(refused("trailing_data"));
  });

  it("must have a chunk that ends within it", () => {
    const length = vp8.length - 8;
    const saying = (size: number) => readImage(replaced(webpOf(vp8), 16, ...little(size, 4)));
    expect(saying(length)).toEqual(accepted);
    for (const size of [length + 1, length + 2, 2 ** 32 - 1])
      expect(saying(size)).toEqual(refused("malformed"));
    expect(saying(length - 1)).toEqual(accepted);
    expect(saying(length - 2)).toEqual(refused("trailing_data"));
  });

  it("must pad an odd chunk with 0", () => {
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
    ["as it was", 0, [0x30], accepted],
    ["of the last version", 0, [0x36], accepted],
    ["not of a key frame", 0, [0x31], refused("malformed")],
    ["of version 4", 0, [0x38], refused("malformed")],
    ["not to be shown", 0, [0x20], refused("malformed")],
    ["of a partition that fits", 0, little((14 << 5) | 0x10, 3), accepted],
    ["of a partition one byte too long", 0, little((15 << 5) | 0x10, 3), refused("malformed")],
    ["of an empty partition", 0, little(0x10, 3), refused("malformed")],
    ["of another start code", 3, [0x9c], refused("malformed")],
    ["of another start code, later", 4, [0x02], refused("malformed")],
    ["of another start code, last", 5, [0x2b], refused("malformed")],
    ["of no width", 6, [0, 0], refused("malformed")],
    ["of no height", 8, [0, 0], refused("malformed")],
    ["of no width, but scaled", 6, [0, 0xc0], refused("malformed")],
    ["to be scaled", 6, [16, 0x40, 16, 0xc0], accepted],
    ["of 14 bits", 6, [0xff, 0x3f, 0x01, 0x00], refused("too_many_pixels")],
  ])("is validated: %s", (_, at, values, answer) => {
    expect(headed(at, ...values)).toEqual(answer);
  });

  it("must be complete", () => {
    for (let length = 0; length <= 10; length += 1) {
      const short = webpOf(webpChunk("VP8 ", vp8.subarray(8, 8 + length)));
      expect(readImage(short)).toEqual(refused("malformed"));
    }
  });
});

describe("the header of a lossless image", () => {
  it.each([
    [1, 1],
    [1, 4096],
    [4096, 1],
    [256, 257],
    [3, 2],
  ])("contains the size: %i by %i", (width, height) => {
    expect(readImage(webpOf(vp8l(width, height)))).toEqual({ ...accepted, width, height });
  });

  it.each([
    ["of alpha", 4, [0x10], accepted],
    ["of version 1", 4, [0x20], refused("malformed")],
    ["of version 4", 4, [0x80], refused("malformed")],
    ["of another signature", 0, [0x2e], refused("malformed")],
    ["of 14 bits", 1, [0xff, 0x3f, 0, 0], refused("too_many_pixels")],
  ])("is validated: %s", (_, at, values, answer) => {
    const image = webpOf(vp8l(16, 1));
    const answered = readImage(replaced(image, 20 + at, ...values));
    expect(answered).toEqual("reason" in answer ? answer : { ...accepted, height: 1 });
  });

  it("must be complete and followed by an image", () => {
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
    ["a canvas and an image", [canvas, vp8], accepted],
    ["a lossless image", [canvas, lossless], accepted],
    ["transparency", [vp8x(16, 16, 0x10), alph(), vp8], accepted],
    ["a profile and metadata", [vp8x(16, 16, 0x2c), iccp, vp8, exif, webpChunk("XMP ", "<x/>")], accepted],
    ["metadata first", [canvas, exif, vp8], accepted],
    ["unknown chunks", [canvas, odd, vp8, odd, odd], accepted],
    ["reserved bits", [vp8x(16, 16, 0xc1), vp8], accepted],
    ["a longer canvas chunk", [webpChunk("VP8X", bytes(canvas.subarray(8), [0, 0])), vp8], accepted],
    ["a shorter canvas chunk", [webpChunk("VP8X", canvas.subarray(8, 17)), vp8], refused("malformed")],
    ["no image", [canvas, exif], refused("malformed")],
    ["nothing else", [canvas], refused("malformed")],
    ["two images", [canvas, vp8, vp8], refused("malformed")],
    ["two images of two kinds", [canvas, vp8, lossless], refused("malformed")],
    ["two canvases", [canvas, canvas, vp8], refused("malformed")],
    ["a canvas too late", [vp8, canvas], refused("trailing_data")],
    ["a broken image", [canvas, webpChunk("VP8 ", "not one")], refused("malformed")],
    ["transparency of a lossless image", [canvas, alph(), lossless], refused("malformed")],
    ["transparency twice", [canvas, alph(), alph(), vp8], refused("malformed")],
    ["transparency too late", [canvas, vp8, alph()], refused("malformed")],
    ["transparency of one byte", [canvas, webpChunk("ALPH", [0, 128]), vp8], accepted],
    ["transparency of nothing", [canvas, webpChunk("ALPH", [0]), vp8], refused("malformed")],
    ["a profile too late", [canvas, vp8, iccp], refused("malformed")],
    ["a chunk past the end", [canvas, vp8, bytes("odd ", little(5, 4), "abcd")], refused("malformed")],
    ["half a chunk header", [canvas, vp8, bytes("odd ")], refused("malformed")],
    ["a chunk named beyond ASCII", [canvas, vp8, webpChunk("od\u00e9 ")], refused("malformed")],
    ["padding that is none", [canvas, vp8, bytes("odd ", little(1, 4), "ab")], refused("malformed")],
    ["a higher canvas", [vp8x(16, 17), vp8], refused("malformed")],
    ["a narrower canvas", [vp8x(15, 16), vp8], refused("malformed")],
    ["a wide canvas", [vp8x(2 ** 24, 2 ** 24), vp8], refused("malformed")],
    ["a canvas as large as too large an image", [vp8x(4097, 1), vp8l(4097, 1)], refused("too_many_pixels")],
    ["an animation", [vp8x(16, 16, 0x02), anim, anmf, anmf], refused("animated")],
    ["an animation that does not say so", [canvas, anim, anmf], refused("animated")],
    ["a frame after a still image", [canvas, vp8, anmf], refused("animated")],
    ["a still image that says it moves", [vp8x(16, 16, 0x02), vp8], refused("animated")],
  ])("must be one still image as large as its canvas: %s [R45]", (_, chunks, answer) => {
    expect(readImage(webpOf(...chunks))).toEqual(answer);
  });
});
