import { describe, expect, it } from "vitest";

import { maxLogoBytes, maxLogoSide, readImage } from "../../../src/domain/logo.ts";
import * as make from "../../support/images.ts";

const { bytes } = make;
const refused = (reason: string) => ({ kind: "refused", reason });

const images = make.oneOfEach();

describe("a logo", () => {
  it.each([
    ["png", "image/png", make.png(17, 300), 17, 300],
    ["jpg", "image/jpeg", make.jpeg(100, 33), 100, 33],
    ["jpg", "image/jpeg", make.progressiveJpeg(40, 9), 40, 9],
    ["webp", "image/webp", make.webpOf(make.vp8l(17, 300)), 17, 300],
    ["webp", "image/webp", make.webpOf(make.vp8), 16, 16],
  ])("is detected by its content: %s", (extension, type, image, width, height) => {
    expect(readImage(image)).toEqual({ kind: "image", type, extension, width, height });
  });

  it("is read the same from the middle of a buffer", () => {
    for (const image of Object.values(images)) {
      const within = bytes("before", image, "after").subarray(6, 6 + image.length);
      expect(readImage(within)).toEqual(readImage(image));
    }
  });

  it.each(Object.entries(images))("is rejected wherever it is truncated: %s [R43]", (_, image) => {
    expect(readImage(image).kind).toBe("image");
    for (let length = 0; length < image.length; length += 1) {
      const answer = readImage(image.subarray(0, length));
      expect([length, answer.kind]).toEqual([length, "refused"]);
    }
    expect(readImage(image.subarray(0, -1))).toEqual(refused("truncated"));
  });

  it.each(Object.entries(images))("is rejected with any byte after it: %s [R43]", (_, image) => {
    for (let byte = 0; byte < 256; byte += 1) {
      expect([byte, readImage(bytes(image, [byte]))]).toEqual([byte, refused("trailing_data")]);
    }
  });
});

describe("the size of a logo", () => {
  const largest = 4096;
  const sized = {
    png: make.png,
    jpg: make.jpeg,
    webp: (width: number, height: number) => make.webpOf(make.vp8l(width, height)),
  };

  it("is at most 2 MiB and 4096 by 4096 pixels", () => {
    expect(maxLogoBytes).toBe(2_097_152);
    expect(maxLogoSide).toBe(largest);
  });

  it.each(Object.entries(sized))("is limited in width and height: %s [R45]", (extension, image) => {
    expect(readImage(image(largest, 1))).toMatchObject({ extension, width: largest, height: 1 });
    expect(readImage(image(1, largest))).toMatchObject({ extension, width: 1, height: largest });
    expect(readImage(image(1, 1))).toMatchObject({ extension, width: 1, height: 1 });
    expect(readImage(image(largest + 1, 1))).toEqual(refused("too_many_pixels"));
    expect(readImage(image(1, largest + 1))).toEqual(refused("too_many_pixels"));
  });

  it("may be the maximum in both directions", () => {
    expect(readImage(sized.jpg(largest, largest))).toMatchObject({ width: largest, height: largest });
    expect(readImage(sized.webp(largest, largest))).toMatchObject({ width: largest, height: largest });
    const compressed = make.pngChunk("IDAT", make.pixels());
    const image = make.pngOf(
      make.ihdr({ width: largest, height: largest }),
      compressed,
      make.pngChunk("IEND"),
    );
    expect(readImage(image)).toMatchObject({ width: largest, height: largest });
  });

  it.each([
    ["png", make.pngOf(make.ihdr({ width: 65_535, height: 65_535 }), make.png().subarray(33))],
    ["png", make.pngOf(make.ihdr({ width: 2 ** 32 - 1, height: 2 ** 32 - 1 }), make.png().subarray(33))],
    ["jpg", make.jpegOf(make.frame(0xc0, 65_535, 65_535), make.scan([0x3f]))],
    ["webp", make.webpOf(make.vp8l(16_384, 16_384))],
  ])("prevents a decompression bomb: %s [R45]", (_, image) => {
    expect(readImage(image)).toEqual(refused("too_many_pixels"));
  });
});

describe("a file that is not a logo", () => {
  it("is empty", () => {
    expect(readImage(new Uint8Array())).toEqual(refused("empty"));
  });

  it.each([
    ["zeros", new Uint8Array(1000)],
    ["text", "Hello, world"],
    ["SVG", '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
    ["SVG with a declaration", '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'],
    ["HTML", "<!doctype html><script>alert(1)</script>"],
    ["PDF", "%PDF-1.7\n"],
    ["GIF", "GIF89a\u0001\0\u0001\0\0\0\0;"],
    ["GIF and JavaScript", "GIF89a/*\0\u0001\0\0*/=1;alert(1)"],
    ["BMP", "BM\u001e\0\0\0"],
    ["ICO", "\0\0\u0001\0\u0001\0"],
    ["TIFF", "II*\0"],
    ["AVIF", "\0\0\0\u001cftypavif"],
    ["an archive", "PK\u0003\u0004"],
    ["a sound", "RIFF\u0004\0\0\0WAVE"],
    ["an image after a byte order mark", bytes([0xef, 0xbb, 0xbf], make.png())],
    ["an image after a line end", bytes("\n", make.jpeg())],
    ["a PNG whose line ends were changed", bytes([0x89], "PNG\n", [0x1a], "\n", make.png().subarray(8))],
    ["the start of a JPEG alone", [0xff, 0xd8]],
    ["the start of a WebP alone", "RIFF\u0004\0\0\0WEB"],
    ["a WebP in upper case wrongly", "RIFF\u0004\0\0\0WebP"],
  ])("has another format: %s [R43]", (_, content) => {
    expect(readImage(bytes(content))).toEqual(refused("unknown_format"));
  });

  it.each([
    ["PNG and an archive", make.png(), "PK\u0003\u0004"],
    ["PNG and JavaScript", make.png(), "*/alert(1)"],
    ["JPEG and an archive", make.jpeg(), "PK\u0003\u0004"],
    ["JPEG and HTML", make.jpeg(), "<script>alert(1)</script>"],
    ["WebP and an archive", make.webpOf(make.vp8), "PK\u0003\u0004"],
    ["PNG and PNG", make.png(), make.png()],
  ])("is two files in one: %s [R43]", (_, image, appended) => {
    expect(readImage(bytes(image, appended))).toEqual(refused("trailing_data"));
  });

  it("does not include an image with HTML in a comment, which is served as an image", () => {
    const html = "<script>alert(1)</script>";
    const text = make.pngChunk("tEXt", `Comment\0${html}`);
    const rest = make.png().subarray(33);
    expect(readImage(make.pngOf(make.ihdr(), text, rest)).kind).toBe("image");
    const frame = make.frame(0xc0, 8, 8);
    expect(readImage(make.jpegOf(make.segment(0xfe, html), frame, make.scan([0x3f]))).kind).toBe("image");
  });
});

describe("a file of the maximum size", () => {
  /** Repeats a piece between a start and an end, up to 2 MiB. */
  function filled(before: Uint8Array, piece: Uint8Array, after: Uint8Array): Uint8Array {
    const count = Math.floor((maxLogoBytes - before.length - after.length) / piece.length);
    const file = new Uint8Array(before.length + count * piece.length + after.length);
    file.set(before);
    for (let index = 0; index < count; index += 1) file.set(piece, before.length + index * piece.length);
    file.set(after, file.length - after.length);
    return file;
  }

  const soi = bytes([0xff, 0xd8]);
  const jpegScan = make.jpegOf(make.frame(0xc0, 8, 8), make.scan([0x3f])).subarray(0, -2);
  const eoi = bytes([0xff, 0xd9]);
  const pngRest = make.png().subarray(33);
  const riff = filled(make.webpOf(make.vp8x(16, 16), make.vp8), make.webpChunk("odd "), bytes());
  const greatPng = make.pngOf(
    make.ihdr(),
    make.pngChunk("teXt", new Uint8Array(maxLogoBytes - make.png().length - 12)),
    pngRest,
  );

  it.each([
    ["0xff alone", filled(bytes(), bytes([0xff]), bytes()), "unknown_format"],
    ["a JPEG that fills and never ends", filled(soi, bytes([0xff]), bytes()), "truncated"],
    ["a JPEG whose pixels never end", filled(jpegScan, bytes([0xff, 0]), bytes()), "truncated"],
    ["a JPEG of scans", filled(jpegScan, make.scan([0x3f]), eoi), "unsupported"],
    ["a JPEG of empty comments", filled(soi, make.segment(0xfe), bytes(jpegScan.subarray(2), eoi)), "image"],
    ["a JPEG of empty tables", filled(jpegScan, make.segment(0xc4), eoi), "image"],
    ["a JPEG of stuffed bytes", filled(jpegScan, bytes([0xff, 0]), eoi), "image"],
    ["a JPEG of restarts", filled(jpegScan, bytes([0xff, 0xd0]), eoi), "image"],
    ["a JPEG of bytes that fill", filled(jpegScan, bytes([0xff]), eoi), "image"],
    ["a PNG of empty chunks", filled(make.pngOf(make.ihdr()), make.pngChunk("teXt"), pngRest), "image"],
    ["a PNG of one great chunk", greatPng, "image"],
    ["a WebP of empty chunks", make.replaced(riff, 4, ...make.little(riff.length - 8, 4)), "image"],
  ])("yields a result if it is %s", (_, file, expected) => {
    expect(maxLogoBytes - file.length).toBeLessThan(16);
    const answer = readImage(file);
    expect(answer.kind === "refused" ? answer.reason : answer.kind).toBe(expected);
  });
});
