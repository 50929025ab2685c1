import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { maxLogoSide, readImage } from "../../../src/domain/logo.ts";
import { effort } from "../../support/effort.ts";
import * as make from "../../support/images.ts";

const { bytes } = make;

describe("arbitrary bytes", () => {
  const any = fc.uint8Array({ maxLength: 200 });
  const starts = [
    "",
    bytes([0xff, 0xd8, 0xff]),
    bytes([0x89], "PNG\r\n", [0x1a], "\n"),
    make.pngOf(make.ihdr()),
  ];
  const one = fc.constantFrom(...Object.values(make.oneOfEach()));

  /** An image after a few bits turned, bytes put in or taken out, or with a piece of another in it. */
  const mutated = fc
    .tuple(
      one,
      fc.array(fc.record({ at: fc.nat(), how: fc.nat(4), piece: any, other: one }), {
        minLength: 1,
        maxLength: 3,
      }),
    )
    .map(([image, changes]) => changes.reduce(changed, image));

  function changed(
    image: Uint8Array,
    change: { at: number; how: number; piece: Uint8Array; other: Uint8Array },
  ) {
    const at = change.at % (image.length + 1);
    const size = change.piece.length % 9;
    if (change.how === 0) return bytes(image.subarray(0, at), change.piece, image.subarray(at));
    if (change.how === 1) return bytes(image.subarray(0, at), image.subarray(at + size));
    if (change.how === 2)
      return bytes(image.subarray(0, at), change.other.subarray(at % change.other.length));
    if (change.how === 3) return make.replaced(image, at, ...change.piece.subarray(0, image.length - at));
    return at < image.length ? make.replaced(image, at, (image[at] ?? 0) ^ (1 << (size % 8))) : image;
  }

  const ends = {
    png: bytes([0, 0, 0, 0], "IEND", [0xae, 0x42, 0x60, 0x82]),
    jpg: bytes([0xff, 0xd9]),
    webp: bytes(),
  };

  function expectAnAnswer(input: Uint8Array) {
    const before = input.slice();
    const answer = readImage(input);
    expect(input).toEqual(before);
    if (answer.kind === "refused") {
      expect(answer.reason).toMatch(
        /^(?:empty|unknown_format|truncated|malformed|unsupported|too_many_pixels|animated|trailing_data)$/,
      );
      return;
    }
    expect(answer.type).toBe({ png: "image/png", jpg: "image/jpeg", webp: "image/webp" }[answer.extension]);
    for (const side of [answer.width, answer.height]) {
      expect(Number.isInteger(side) && side >= 1 && side <= maxLogoSide).toBe(true);
    }
    const end = ends[answer.extension];
    expect(input.subarray(input.length - end.length)).toEqual(end);
    if (answer.extension === "webp")
      expect([...input.subarray(4, 8)]).toEqual(make.little(input.length - 8, 4));
    expect(readImage(bytes(input, [0]))).toEqual({ kind: "refused", reason: "trailing_data" });
    expect(readImage(input.subarray(0, -1)).kind).toBe("refused");
  }

  it("arbitrary bytes yield a result without an error", () => {
    fc.assert(
      fc.property(fc.constantFrom(...starts), any, (start, rest) => {
        expectAnAnswer(bytes(start, rest));
      }),
      { numRuns: effort(200, 2_000) },
    );
  });

  it("arbitrary bytes yield a result as the content of a RIFF", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom("VP8 ", "VP8L", "VP8X", "ALPH", "ICCP", "ANMF", "odd "), any)),
        (chunks) => {
          expectAnAnswer(make.webpOf(...chunks.map(([type, data]) => make.webpChunk(type, data))));
        },
      ),
      { numRuns: effort(200, 1_000) },
    );
  });

  it("arbitrary bytes yield a result as the chunks of a PNG", () => {
    const idat = make.pngChunk("IDAT", make.pixels());
    const chunk = fc.oneof(
      fc.constantFrom(make.ihdr(), idat, make.pngChunk("IEND"), make.pngChunk("PLTE", "abc")),
      fc
        .tuple(fc.constantFrom("tEXt", "acTL", "QuUx", "IHDR"), any)
        .map(([type, data]) => make.pngChunk(type, data)),
    );
    fc.assert(
      fc.property(fc.array(chunk), (chunks) => {
        expectAnAnswer(make.pngOf(make.ihdr({ colourType: 2, bitDepth: 8 }), ...chunks));
      }),
      { numRuns: effort(200, 1_000) },
    );
  });

  it("arbitrary bytes yield a result when they are a damaged image", () => {
    fc.assert(
      fc.property(mutated, (input) => {
        expectAnAnswer(input);
      }),
      { numRuns: effort(500, 5_000) },
    );
  });
});
