import { describe, expect, it } from "vitest";

import { readImage } from "../../../src/domain/logo.ts";
import { big, bytes, ihdr, pixels, png, pngChunk, pngOf, replaced } from "../../support/images.ts";

const idat = pngChunk("IDAT", pixels());
const iend = pngChunk("IEND");
const plte = (entries: number) => pngChunk("PLTE", new Uint8Array(entries * 3));

const accepted = { kind: "image", type: "image/png", extension: "png", width: 3, height: 2 };
const refused = (reason: string) => ({ kind: "refused", reason });

describe("the header of a PNG", () => {
  it.each([
    { colourType: 0, allowed: [1, 2, 4, 8, 16] },
    { colourType: 1, allowed: [] },
    { colourType: 2, allowed: [8, 16] },
    { colourType: 3, allowed: [1, 2, 4, 8] },
    { colourType: 4, allowed: [8, 16] },
    { colourType: 5, allowed: [] },
    { colourType: 6, allowed: [8, 16] },
    { colourType: 7, allowed: [] },
    { colourType: 255, allowed: [] },
  ])(
    "the header of a PNG of colour type $colourType must have a bit depth of $allowed",
    ({ colourType, allowed }) => {
      const possible = Array.from({ length: 256 }, (_, bitDepth) => bitDepth).filter((bitDepth) => {
        const palette = colourType === 3 ? [plte(2)] : [];
        return readImage(pngOf(ihdr({ bitDepth, colourType }), ...palette, idat, iend)).kind === "image";
      });
      expect(possible).toEqual(allowed);
    },
  );

  it.each([
    { fields: { compression: 1 }, answer: refused("malformed") },
    { fields: { filter: 1 }, answer: refused("malformed") },
    { fields: { interlace: 1 }, answer: accepted },
    { fields: { interlace: 2 }, answer: refused("malformed") },
    { fields: { width: 0 }, answer: refused("malformed") },
    { fields: { height: 0 }, answer: refused("malformed") },
  ])("the header of a PNG must have known methods and a size: $fields", ({ fields, answer }) => {
    expect(readImage(pngOf(ihdr(fields), idat, iend))).toEqual(answer);
  });

  it("the header of a PNG must come first, once, with 13 bytes", () => {
    const fields = ihdr().subarray(8, 21);
    expect(readImage(pngOf(idat, iend))).toEqual(refused("malformed"));
    expect(readImage(pngOf(pngChunk("tEXt", "a\0b"), ihdr(), idat, iend))).toEqual(refused("malformed"));
    expect(readImage(pngOf(ihdr(), ihdr(), idat, iend))).toEqual(refused("malformed"));
    expect(readImage(pngOf(pngChunk("IHDR", fields.subarray(0, 12)), idat, iend))).toEqual(
      refused("malformed"),
    );
    expect(readImage(pngOf(pngChunk("IHDR", bytes(fields, [0])), idat, iend))).toEqual(refused("malformed"));
    expect(readImage(pngOf(pngChunk("CgBI", [0x50, 0, 0x20, 2]), ihdr(), idat, iend))).toEqual(
      refused("malformed"),
    );
  });
});

describe("the chunks of a PNG", () => {
  const text = pngChunk("tEXt", "Comment\0hello");

  it.each([
    { name: "one IDAT", chunks: [ihdr(), idat, iend], answer: accepted },
    { name: "no IDAT", chunks: [ihdr(), iend], answer: refused("malformed") },
    { name: "an empty IDAT alone", chunks: [ihdr(), pngChunk("IDAT"), iend], answer: refused("malformed") },
    {
      name: "an empty IDAT before a full one",
      chunks: [ihdr(), pngChunk("IDAT"), idat, iend],
      answer: accepted,
    },
    {
      name: "IDATs in a row",
      chunks: [
        ihdr(),
        pngChunk("IDAT", pixels().subarray(0, 3)),
        pngChunk("IDAT", pixels().subarray(3)),
        iend,
      ],
      answer: accepted,
    },
    {
      name: "IDATs with text between them",
      chunks: [ihdr(), idat, text, idat, iend],
      answer: refused("malformed"),
    },
    {
      name: "IDATs with text between them, the first empty",
      chunks: [ihdr(), pngChunk("IDAT"), text, idat, iend],
      answer: refused("malformed"),
    },
    { name: "text before and after", chunks: [ihdr(), text, idat, text, iend], answer: accepted },
    {
      name: "an unknown chunk that may be skipped",
      chunks: [ihdr(), pngChunk("quUx", "?"), idat, iend],
      answer: accepted,
    },
    {
      name: "an unknown chunk that may not",
      chunks: [ihdr(), pngChunk("QuUx", "?"), idat, iend],
      answer: refused("unsupported"),
    },
    {
      name: "an IEND of one byte",
      chunks: [ihdr(), idat, pngChunk("IEND", "!")],
      answer: refused("malformed"),
    },
    { name: "no IEND", chunks: [ihdr(), idat], answer: refused("truncated") },
    { name: "two IENDs", chunks: [ihdr(), idat, iend, iend], answer: refused("trailing_data") },
    {
      name: "a type of other than letters",
      chunks: [ihdr(), pngChunk("te1t"), idat, iend],
      answer: refused("malformed"),
    },
    {
      name: "a type beyond ASCII",
      chunks: [ihdr(), pngChunk("te\u00e9t"), idat, iend],
      answer: refused("malformed"),
    },
    {
      name: "an animation",
      chunks: [ihdr(), pngChunk("acTL", [0, 0, 0, 2, 0, 0, 0, 0]), idat, iend],
      answer: refused("animated"),
    },
    {
      name: "a frame's control alone",
      chunks: [ihdr(), pngChunk("fcTL", new Uint8Array(26)), idat, iend],
      answer: refused("animated"),
    },
    {
      name: "a frame's pixels alone",
      chunks: [ihdr(), idat, pngChunk("fdAT", [0, 0, 0, 1, 0]), iend],
      answer: refused("animated"),
    },
  ])("the chunks of a PNG must be in order: $name [R45]", ({ chunks, answer }) => {
    expect(readImage(pngOf(...chunks))).toEqual(answer);
  });

  it.each([
    {
      name: "indexed without one",
      colourType: 3,
      bitDepth: 8,
      chunks: [idat, iend],
      answer: refused("malformed"),
    },
    {
      name: "indexed with one",
      colourType: 3,
      bitDepth: 8,
      chunks: [plte(256), idat, iend],
      answer: accepted,
    },
    {
      name: "indexed with one too long for its depth",
      colourType: 3,
      bitDepth: 2,
      chunks: [plte(5), idat, iend],
      answer: refused("malformed"),
    },
    {
      name: "indexed with one as long as its depth",
      colourType: 3,
      bitDepth: 2,
      chunks: [plte(4), idat, iend],
      answer: accepted,
    },
    {
      name: "indexed with one too late",
      colourType: 3,
      bitDepth: 8,
      chunks: [idat, plte(2), iend],
      answer: refused("malformed"),
    },
    {
      name: "indexed with two",
      colourType: 3,
      bitDepth: 8,
      chunks: [plte(2), plte(2), idat, iend],
      answer: refused("malformed"),
    },
    {
      name: "indexed with an empty one",
      colourType: 3,
      bitDepth: 8,
      chunks: [plte(0), idat, iend],
      answer: refused("malformed"),
    },
    {
      name: "indexed with a third of an entry",
      colourType: 3,
      bitDepth: 8,
      chunks: [pngChunk("PLTE", "abcd"), idat, iend],
      answer: refused("malformed"),
    },
    {
      name: "coloured with one",
      colourType: 2,
      bitDepth: 8,
      chunks: [plte(256), idat, iend],
      answer: accepted,
    },
    {
      name: "coloured with one too long",
      colourType: 2,
      bitDepth: 16,
      chunks: [plte(257), idat, iend],
      answer: refused("malformed"),
    },
    {
      name: "coloured with one too late",
      colourType: 6,
      bitDepth: 8,
      chunks: [idat, plte(2), iend],
      answer: refused("malformed"),
    },
    {
      name: "grey with one",
      colourType: 0,
      bitDepth: 8,
      chunks: [plte(2), idat, iend],
      answer: refused("malformed"),
    },
    {
      name: "grey and see-through with one",
      colourType: 4,
      bitDepth: 8,
      chunks: [plte(2), idat, iend],
      answer: refused("malformed"),
    },
  ])("the chunks of a PNG may include a palette: $name", ({ colourType, bitDepth, chunks, answer }) => {
    expect(readImage(pngOf(ihdr({ colourType, bitDepth }), ...chunks))).toEqual(answer);
  });

  it("the chunks of a PNG must match their CRC, whichever bit is flipped", () => {
    const image = png();
    for (let at = 8; at < image.length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const turned = replaced(image, at, (image[at] ?? 0) ^ (1 << bit));
        expect([at, bit, readImage(turned).kind]).toEqual([at, bit, "refused"]);
      }
    }
  });

  it("the chunks of a PNG have the CRC-32 of the standard", () => {
    expect([...iend.subarray(8)]).toEqual([0xae, 0x42, 0x60, 0x82]);
    expect(readImage(replaced(png(), png().length - 1, 0x83))).toEqual(refused("malformed"));
  });

  it("the chunks of a PNG must end within the file", () => {
    const dataLength = idat.length - 12;
    const withLength = (length: number) => readImage(replaced(png(), 33, ...big(length, 4)));
    expect(withLength(dataLength)).toEqual(accepted);
    expect(withLength(dataLength + 1)).toEqual(refused("malformed"));
    expect(withLength(dataLength - 1)).toEqual(refused("malformed"));
    expect(withLength(dataLength + 13)).toEqual(refused("truncated"));
    expect(withLength(2 ** 31 - 1)).toEqual(refused("truncated"));
    expect(withLength(2 ** 31)).toEqual(refused("malformed"));
    expect(withLength(2 ** 32 - 1)).toEqual(refused("malformed"));
  });
});
