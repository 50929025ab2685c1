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
    [0, [1, 2, 4, 8, 16]],
    [1, []],
    [2, [8, 16]],
    [3, [1, 2, 4, 8]],
    [4, [8, 16]],
    [5, []],
    [6, [8, 16]],
    [7, []],
    [255, []],
  ])("of colour type %i must have a bit depth of %j", (colourType, allowed) => {
    const possible = Array.from({ length: 256 }, (_, bitDepth) => bitDepth).filter((bitDepth) => {
      const palette = colourType === 3 ? [plte(2)] : [];
      return readImage(pngOf(ihdr({ bitDepth, colourType }), ...palette, idat, iend)).kind === "image";
    });
    expect(possible).toEqual(allowed);
  });

  it.each([
    [{ compression: 1 }, refused("malformed")],
    [{ filter: 1 }, refused("malformed")],
    [{ interlace: 1 }, accepted],
    [{ interlace: 2 }, refused("malformed")],
    [{ width: 0 }, refused("malformed")],
    [{ height: 0 }, refused("malformed")],
  ])("must have known methods and a size: %j", (fields, answer) => {
    expect(readImage(pngOf(ihdr(fields), idat, iend))).toEqual(answer);
  });

  it("must come first, once, with 13 bytes", () => {
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
    ["one IDAT", [ihdr(), idat, iend], accepted],
    ["no IDAT", [ihdr(), iend], refused("malformed")],
    ["an empty IDAT alone", [ihdr(), pngChunk("IDAT"), iend], refused("malformed")],
    ["an empty IDAT before a full one", [ihdr(), pngChunk("IDAT"), idat, iend], accepted],
    [
      "IDATs in a row",
      [ihdr(), pngChunk("IDAT", pixels().subarray(0, 3)), pngChunk("IDAT", pixels().subarray(3)), iend],
      accepted,
    ],
    ["IDATs with text between them", [ihdr(), idat, text, idat, iend], refused("malformed")],
    [
      "IDATs with text between them, the first empty",
      [ihdr(), pngChunk("IDAT"), text, idat, iend],
      refused("malformed"),
    ],
    ["text before and after", [ihdr(), text, idat, text, iend], accepted],
    ["an unknown chunk that may be skipped", [ihdr(), pngChunk("quUx", "?"), idat, iend], accepted],
    ["an unknown chunk that may not", [ihdr(), pngChunk("QuUx", "?"), idat, iend], refused("unsupported")],
    ["an IEND of one byte", [ihdr(), idat, pngChunk("IEND", "!")], refused("malformed")],
    ["no IEND", [ihdr(), idat], refused("truncated")],
    ["two IENDs", [ihdr(), idat, iend, iend], refused("trailing_data")],
    ["a type of other than letters", [ihdr(), pngChunk("te1t"), idat, iend], refused("malformed")],
    ["a type beyond ASCII", [ihdr(), pngChunk("te\u00e9t"), idat, iend], refused("malformed")],
    ["an animation", [ihdr(), pngChunk("acTL", [0, 0, 0, 2, 0, 0, 0, 0]), idat, iend], refused("animated")],
    [
      "a frame's control alone",
      [ihdr(), pngChunk("fcTL", new Uint8Array(26)), idat, iend],
      refused("animated"),
    ],
    ["a frame's pixels alone", [ihdr(), idat, pngChunk("fdAT", [0, 0, 0, 1, 0]), iend], refused("animated")],
  ])("must be in order: %s [R45]", (_, chunks, answer) => {
    expect(readImage(pngOf(...chunks))).toEqual(answer);
  });

  it.each([
    ["indexed without one", 3, 8, [idat, iend], refused("malformed")],
    ["indexed with one", 3, 8, [plte(256), idat, iend], accepted],
    ["indexed with one too long for its depth", 3, 2, [plte(5), idat, iend], refused("malformed")],
    ["indexed with one as long as its depth", 3, 2, [plte(4), idat, iend], accepted],
    ["indexed with one too late", 3, 8, [idat, plte(2), iend], refused("malformed")],
    ["indexed with two", 3, 8, [plte(2), plte(2), idat, iend], refused("malformed")],
    ["indexed with an empty one", 3, 8, [plte(0), idat, iend], refused("malformed")],
    ["indexed with a third of an entry", 3, 8, [pngChunk("PLTE", "abcd"), idat, iend], refused("malformed")],
    ["coloured with one", 2, 8, [plte(256), idat, iend], accepted],
    ["coloured with one too long", 2, 16, [plte(257), idat, iend], refused("malformed")],
    ["coloured with one too late", 6, 8, [idat, plte(2), iend], refused("malformed")],
    ["grey with one", 0, 8, [plte(2), idat, iend], refused("malformed")],
    ["grey and see-through with one", 4, 8, [plte(2), idat, iend], refused("malformed")],
  ])("may include a palette: %s", (_, colourType, bitDepth, chunks, answer) => {
    expect(readImage(pngOf(ihdr({ colourType, bitDepth }), ...chunks))).toEqual(answer);
  });

  it("must match their CRC, whichever bit is flipped", () => {
    const image = png();
    for (let at = 8; at < image.length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const turned = replaced(image, at, (image[at] ?? 0) ^ (1 << bit));
        expect([at, bit, readImage(turned).kind]).toEqual([at, bit, "refused"]);
      }
    }
  });

  it("have the CRC-32 of the standard", () => {
    expect([...iend.subarray(8)]).toEqual([0xae, 0x42, 0x60, 0x82]);
    expect(readImage(replaced(png(), png().length - 1, 0x83))).toEqual(refused("malformed"));
  });

  it("must end within the file", () => {
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
