import { describe, expect, it } from "vitest";

import { maxLogoBytes, maxLogoSide, readImage } from "../../../src/domain/logo.ts";
import * as make from "../../support/images.ts";

const { bytes } = make;
const refused = (reason: string) => ({ kind: "refused", reason });

const images = make.oneOfEach();

describe("a logo", () => {
  it.each([
    { extension: "png", type: "image/png", image: make.png(17, 300), width: 17, height: 300 },
    { extension: "jpg", type: "image/jpeg", image: make.jpeg(100, 33), width: 100, height: 33 },
    { extension: "jpg", type: "image/jpeg", image: make.progressiveJpeg(40, 9), width: 40, height: 9 },
    { extension: "webp", type: "image/webp", image: make.webpOf(make.vp8l(17, 300)), width: 17, height: 300 },
    { extension: "webp", type: "image/webp", image: make.webpOf(make.vp8), width: 16, height: 16 },
  ])("a logo is detected by its content: $extension", ({ extension, type, image, width, height }) => {
    expect(readImage(image)).toEqual({ kind: "image", type, extension, width, height });
  });

  it("a logo is read the same from the middle of a buffer", () => {
    for (const image of Object.values(images)) {
      const within = bytes("before", image, "after").subarray(6, 6 + image.length);
      expect(readImage(within)).toEqual(readImage(image));
    }
  });

  it.each(Object.entries(images))("a logo is rejected wherever it is truncated: %s [R43]", (_, image) => {
    expect(readImage(image).kind).toBe("image");
    for (let length = 0; length < image.length; length += 1) {
      const answer = readImage(image.subarray(0, length));
      expect([length, answer.kind]).toEqual([length, "refused"]);
    }
    expect(readImage(image.subarray(0, -1))).toEqual(refused("truncated"));
  });

  it.each(Object.entries(images))("a logo is rejected with any byte after it: %s [R43]", (_, image) => {
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

  it("the size of a logo is at most 2 MiB and 4096 by 4096 pixels", () => {
    expect(maxLogoBytes).toBe(2_097_152);
    expect(maxLogoSide).toBe(largest);
  });

  it.each(Object.entries(sized))(
    "the size of a logo is limited in width and height: %s [R45]",
    (extension, image) => {
      expect(readImage(image(largest, 1))).toMatchObject({ extension, width: largest, height: 1 });
      expect(readImage(image(1, largest))).toMatchObject({ extension, width: 1, height: largest });
      expect(readImage(image(1, 1))).toMatchObject({ extension, width: 1, height: 1 });
      expect(readImage(image(largest + 1, 1))).toEqual(refused("too_many_pixels"));
      expect(readImage(image(1, largest + 1))).toEqual(refused("too_many_pixels"));
    },
  );

  it("the size of a logo may be the maximum in both directions", () => {
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
    { name: "png", image: make.pngOf(make.ihdr({ width: 65_535, height: 65_535 }), make.png().subarray(33)) },
    {
      name: "png",
      image: make.pngOf(make.ihdr({ width: 2 ** 32 - 1, height: 2 ** 32 - 1 }), make.png().subarray(33)),
    },
    { name: "jpg", image: make.jpegOf(make.frame(0xc0, 65_535, 65_535), make.scan([0x3f])) },
    { name: "webp", image: make.webpOf(make.vp8l(16_384, 16_384)) },
  ])("the size of a logo prevents a decompression bomb: $name [R45]", ({ image }) => {
    expect(readImage(image)).toEqual(refused("too_many_pixels"));
  });
});

describe("a file that is not a logo", () => {
  it("a file that is not a logo is empty", () => {
    expect(readImage(new Uint8Array())).toEqual(refused("empty"));
  });

  it.each([
    { name: "zeros", content: new Uint8Array(1000) },
    { name: "text", content: "Hello, world" },
    { name: "SVG", content: '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>' },
    {
      name: "SVG with a declaration",
      content: '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    },
    { name: "HTML", content: "<!doctype html><script>alert(1)</script>" },
    { name: "PDF", content: "%PDF-1.7\n" },
    { name: "GIF", content: "GIF89a\u0001\0\u0001\0\0\0\0;" },
    { name: "GIF and JavaScript", content: "GIF89a/*\0\u0001\0\0*/=1;alert(1)" },
    { name: "BMP", content: "BM\u001e\0\0\0" },
    { name: "ICO", content: "\0\0\u0001\0\u0001\0" },
    { name: "TIFF", content: "II*\0" },
    { name: "AVIF", content: "\0\0\0\u001cftypavif" },
    { name: "an archive", content: "PK\u0003\u0004" },
    { name: "a sound", content: "RIFF\u0004\0\0\0WAVE" },
    { name: "an image after a byte order mark", content: bytes([0xef, 0xbb, 0xbf], make.png()) },
    { name: "an image after a line end", content: bytes("\n", make.jpeg()) },
    {
      name: "a PNG whose line ends were changed",
      content: bytes([0x89], "PNG\n", [0x1a], "\n", make.png().subarray(8)),
    },
    { name: "the start of a JPEG alone", content: [0xff, 0xd8] },
    { name: "the start of a WebP alone", content: "RIFF\u0004\0\0\0WEB" },
    { name: "a WebP in upper case wrongly", content: "RIFF\u0004\0\0\0WebP" },
  ])("a file that is not a logo has another format: $name [R43]", ({ content }) => {
    expect(readImage(bytes(content))).toEqual(refused("unknown_format"));
  });

  it.each([
    { name: "PNG and an archive", image: make.png(), appended: "PK\u0003\u0004" },
    { name: "PNG and JavaScript", image: make.png(), appended: "*/alert(1)" },
    { name: "JPEG and an archive", image: make.jpeg(), appended: "PK\u0003\u0004" },
    { name: "JPEG and HTML", image: make.jpeg(), appended: "<script>alert(1)</script>" },
    { name: "WebP and an archive", image: make.webpOf(make.vp8), appended: "PK\u0003\u0004" },
    { name: "PNG and PNG", image: make.png(), appended: make.png() },
  ])("a file that is not a logo is two files in one: $name [R43]", ({ image, appended }) => {
    expect(readImage(bytes(image, appended))).toEqual(refused("trailing_data"));
  });

  it("a file that is not a logo does not include an image with HTML in a comment, which is served as an image", () => {
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
    { name: "0xff alone", file: filled(bytes(), bytes([0xff]), bytes()), expected: "unknown_format" },
    {
      name: "a JPEG that fills and never ends",
      file: filled(soi, bytes([0xff]), bytes()),
      expected: "truncated",
    },
    {
      name: "a JPEG whose pixels never end",
      file: filled(jpegScan, bytes([0xff, 0]), bytes()),
      expected: "truncated",
    },
    { name: "a JPEG of scans", file: filled(jpegScan, make.scan([0x3f]), eoi), expected: "unsupported" },
    {
      name: "a JPEG of empty comments",
      file: filled(soi, make.segment(0xfe), bytes(jpegScan.subarray(2), eoi)),
      expected: "image",
    },
    { name: "a JPEG of empty tables", file: filled(jpegScan, make.segment(0xc4), eoi), expected: "image" },
    { name: "a JPEG of stuffed bytes", file: filled(jpegScan, bytes([0xff, 0]), eoi), expected: "image" },
    { name: "a JPEG of restarts", file: filled(jpegScan, bytes([0xff, 0xd0]), eoi), expected: "image" },
    { name: "a JPEG of bytes that fill", file: filled(jpegScan, bytes([0xff]), eoi), expected: "image" },
    {
      name: "a PNG of empty chunks",
      file: filled(make.pngOf(make.ihdr()), make.pngChunk("teXt"), pngRest),
      expected: "image",
    },
    { name: "a PNG of one great chunk", file: greatPng, expected: "image" },
    {
      name: "a WebP of empty chunks",
      file: make.replaced(riff, 4, ...make.little(riff.length - 8, 4)),
      expected: "image",
    },
  ])("a file of the maximum size yields a result if it is $name", ({ file, expected }) => {
    expect(maxLogoBytes - file.length).toBeLessThan(16);
    const answer = readImage(file);
    expect(answer.kind === "refused" ? answer.reason : answer.kind).toBe(expected);
  });
});
