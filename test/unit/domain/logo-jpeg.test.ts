import { describe, expect, it } from "vitest";

import { maxScans } from "../../../src/domain/images/jpeg.ts";
import { readImage } from "../../../src/domain/logo.ts";
import {
  bytes,
  chequeredJpeg,
  frame,
  jfif,
  jpeg,
  jpegOf,
  replaced,
  scan,
  segment,
  tables,
} from "../../support/images.ts";

const accepted = { kind: "image", type: "image/jpeg", extension: "jpg", width: 8, height: 8 };
const refused = (reason: string) => ({ kind: "refused", reason });

const pixels = scan([0x3f]);
const baseline = frame(0xc0, 8, 8);
const eoi = [0xff, 0xd9];

describe("the segments of a JPEG", () => {
  it.each([
    { name: "a frame and a scan", parts: [baseline, pixels], answer: accepted },
    { name: "tables, too", parts: [jfif, tables(), baseline, pixels], answer: accepted },
    { name: "no frame", parts: [jfif, pixels], answer: refused("malformed") },
    { name: "nothing", parts: [jfif], answer: refused("malformed") },
    { name: "a scan before the frame", parts: [pixels, baseline], answer: refused("malformed") },
    { name: "no scan", parts: [baseline], answer: refused("malformed") },
    { name: "two frames", parts: [baseline, baseline, pixels], answer: refused("malformed") },
    { name: "a frame after the scan", parts: [baseline, pixels, baseline], answer: refused("malformed") },
    { name: "more scans", parts: [baseline, pixels, tables(), pixels], answer: accepted },
    { name: "a scan without pixels", parts: [baseline, scan([])], answer: refused("malformed") },
    {
      name: "a scan without pixels, then another",
      parts: [baseline, scan([]), pixels],
      answer: refused("malformed"),
    },
    {
      name: "a comment with an end marker in it",
      parts: [segment(0xfe, eoi), baseline, pixels],
      answer: accepted,
    },
    { name: "a comment of nothing", parts: [segment(0xfe), baseline, pixels], answer: accepted },
    {
      name: "bytes that fill before a marker",
      parts: [bytes([0xff, 0xff]), baseline, pixels, bytes([0xff])],
      answer: accepted,
    },
    {
      name: "bytes between segments",
      parts: [bytes([0]), baseline, pixels],
      answer: refused("unknown_format"),
    },
    {
      name: "bytes between later segments",
      parts: [jfif, bytes([0]), baseline, pixels],
      answer: refused("malformed"),
    },
    {
      name: "a zero for a marker",
      parts: [jfif, bytes([0xff, 0]), baseline, pixels],
      answer: refused("malformed"),
    },
    { name: "a second start", parts: [bytes([0xff, 0xd8]), baseline, pixels], answer: refused("malformed") },
    {
      name: "a restart outside a scan",
      parts: [baseline, bytes([0xff, 0xd0]), pixels],
      answer: refused("malformed"),
    },
    {
      name: "a length of 1",
      parts: [bytes([0xff, 0xfe, 0, 1]), baseline, pixels],
      answer: refused("malformed"),
    },
    {
      name: "a length of 0",
      parts: [bytes([0xff, 0xfe, 0, 0]), baseline, pixels],
      answer: refused("malformed"),
    },
    {
      name: "a length past the end",
      parts: [bytes([0xff, 0xfe, 0xff, 0xff]), baseline, pixels],
      answer: refused("truncated"),
    },
  ])("the segments of a JPEG must be complete and in order: $name", ({ parts, answer }) => {
    expect(readImage(jpegOf(...parts))).toEqual(answer);
  });

  it("the segments of a JPEG must be of the kinds that browsers show", () => {
    const answers = new Map<string, string[]>();
    for (let marker = 1; marker < 256; marker += 1) {
      const { kind, ...rest } = readImage(jpegOf(segment(marker, ""), baseline, pixels));
      const answer = "reason" in rest ? rest.reason : kind;
      answers.set(answer, [...(answers.get(answer) ?? []), marker.toString(16)]);
    }
    const free = Array.from({ length: 16 }, (_, index) => `e${index.toString(16)}`);
    expect(answers.get("image")).toEqual(["c4", "db", "dd", ...free, "fe"]);
    expect(answers.get("unsupported")).toEqual(
      ["c3", "c5", "c6", "c7", "c8", "c9", "ca", "cb", "cc", "cd", "ce", "cf"].concat("dc", "de", "df"),
    );
    expect([...answers.keys()].sort()).toEqual(["image", "malformed", "unsupported"]);
  });

  it("the segments of a JPEG of an embedded thumbnail are ignored", () => {
    const preview = segment(0xe1, bytes("Exif\0\0", jpegOf(frame(0xc0, 9999, 9999), pixels)));
    expect(readImage(jpegOf(preview, baseline, pixels))).toEqual(accepted);
    expect(readImage(jpegOf(preview))).toEqual(refused("malformed"));
  });

  it("the segments of a JPEG have at most 100 scans", () => {
    const scans = Array.from({ length: maxScans }, () => pixels);
    expect(readImage(jpegOf(baseline, ...scans))).toEqual(accepted);
    expect(readImage(jpegOf(baseline, ...scans, pixels))).toEqual(refused("unsupported"));
  });
});

describe("the frame of a JPEG", () => {
  const framed = (fields: readonly number[], marker = 0xc0) =>
    readImage(jpegOf(segment(marker, fields), pixels));
  const one = [1, 0x11, 0];

  it.each([0xc0, 0xc1, 0xc2])(
    "the frame of a JPEG may be baseline, extended or progressive: %i",
    (marker) => {
      expect(framed([8, 0, 8, 0, 8, 1, ...one], marker)).toEqual(accepted);
    },
  );

  it.each([1, 2, 3, 4])("the frame of a JPEG may have %i components", (count) => {
    const parts = [frame(0xc0, 8, 8, count), scan([0x3f], count)];
    expect(readImage(jpegOf(...parts))).toEqual(accepted);
  });

  it.each([
    { name: "whole", fields: [8, 0, 8, 0, 8, 1, ...one], answer: accepted },
    { name: "of 12 bits", fields: [12, 0, 8, 0, 8, 1, ...one], answer: refused("unsupported") },
    { name: "of 0 bits", fields: [0, 0, 8, 0, 8, 1, ...one], answer: refused("unsupported") },
    {
      name: "of a height after the first scan",
      fields: [8, 0, 0, 0, 8, 1, ...one],
      answer: refused("unsupported"),
    },
    { name: "of no width", fields: [8, 0, 8, 0, 0, 1, ...one], answer: refused("malformed") },
    { name: "of no size", fields: [8, 0, 0, 0, 0, 1, ...one], answer: refused("malformed") },
    { name: "of no component", fields: [8, 0, 8, 0, 8, 0], answer: refused("malformed") },
    {
      name: "of five components",
      fields: [8, 0, 8, 0, 8, 5, ...one, ...one, ...one, ...one, ...one],
      answer: refused("malformed"),
    },
    { name: "one byte short", fields: [8, 0, 8, 0, 8, 1, 1, 0x11], answer: refused("malformed") },
    { name: "one byte long", fields: [8, 0, 8, 0, 8, 1, ...one, 0], answer: refused("malformed") },
    { name: "empty", fields: [], answer: refused("malformed") },
    { name: "sampled 4 by 4", fields: [8, 0, 8, 0, 8, 1, 1, 0x44, 3], answer: accepted },
    { name: "sampled 0 across", fields: [8, 0, 8, 0, 8, 1, 1, 0x01, 0], answer: refused("malformed") },
    { name: "sampled 0 down", fields: [8, 0, 8, 0, 8, 1, 1, 0x10, 0], answer: refused("malformed") },
    { name: "sampled 5 across", fields: [8, 0, 8, 0, 8, 1, 1, 0x51, 0], answer: refused("malformed") },
    { name: "of a fifth table", fields: [8, 0, 8, 0, 8, 1, 1, 0x11, 4], answer: refused("malformed") },
  ])("the frame of a JPEG must be consistent: $name", ({ fields, answer }) => {
    expect(framed(fields)).toEqual(answer);
  });
});

describe("a scan of a JPEG", () => {
  const scanned = (header: readonly number[]) =>
    readImage(jpegOf(frame(0xc0, 8, 8, 3), segment(0xda, header), bytes([0x3f])));

  it.each([
    { name: "of all components", header: [3, 1, 0, 2, 0, 3, 0, 0, 63, 0], answer: accepted },
    { name: "of one", header: [1, 3, 0, 0, 63, 0], answer: accepted },
    { name: "of another's", header: [1, 4, 0, 0, 63, 0], answer: refused("malformed") },
    { name: "of none", header: [0, 0, 63, 0], answer: refused("malformed") },
    { name: "of five", header: [5, 1, 0, 2, 0, 3, 0, 1, 0, 2, 0, 0, 63, 0], answer: refused("malformed") },
    { name: "one byte short", header: [1, 3, 0, 0, 63], answer: refused("malformed") },
    { name: "one byte long", header: [1, 3, 0, 0, 63, 0, 0], answer: refused("malformed") },
    { name: "empty", header: [], answer: refused("malformed") },
  ])("a scan of a JPEG must have components of the frame: $name", ({ header, answer }) => {
    expect(scanned(header)).toEqual(answer);
  });

  it.each([
    { name: "a stuffed 0xff", content: [0xff, 0, 0xd9, 0xff, 0], answer: accepted },
    { name: "restarts", content: [0, 0xff, 0xd0, 1, 0xff, 0xd7, 2], answer: accepted },
    { name: "a restart after bytes that fill", content: [0, 0xff, 0xff, 0xff, 0xd1, 1], answer: accepted },
    { name: "bytes that fill before the end", content: [0, 0xff, 0xff], answer: accepted },
    { name: "an end marker", content: [0, 0xff, 0xd9], answer: refused("trailing_data") },
    { name: "a comment", content: bytes([0], segment(0xfe, "hello")), answer: accepted },
    { name: "a start marker", content: [0, 0xff, 0xd8], answer: refused("malformed") },
    { name: "a height", content: bytes([0], segment(0xdc, [0, 8])), answer: refused("unsupported") },
    { name: "a reserved marker", content: [0, 0xff, 0x02], answer: refused("malformed") },
  ])("a scan of a JPEG may contain stuffed bytes and restart markers: $name", ({ content, answer }) => {
    expect(readImage(jpegOf(baseline, scan(content)))).toEqual(answer);
  });

  it("a scan of a JPEG of a real encoder contains them", () => {
    const image = chequeredJpeg();
    expect(Buffer.from(image).toString("hex")).toMatch(/ffd1.*ffd2.*ffd9$/);
    expect(readImage(image)).toEqual({ ...accepted, width: 24, height: 32 });
  });
});

describe("the end of a JPEG", () => {
  it.each([
    { name: "a byte", trailing: [0] },
    { name: "a line end", trailing: "\r\n" },
    { name: "an archive", trailing: "PK\u0003\u0004" },
    { name: "another image, as in a multi-picture file", trailing: jpeg() },
    { name: "another end", trailing: eoi },
  ])("the end of a JPEG must be the end of the file: $name", ({ trailing }) => {
    expect(readImage(bytes(jpeg(), trailing))).toEqual(refused("trailing_data"));
  });

  it("the end of a JPEG is the end-of-image marker", () => {
    const image = jpeg();
    expect(readImage(image.subarray(0, -2))).toEqual(refused("truncated"));
    expect(readImage(replaced(image, image.length - 1, 0xd8))).toEqual(refused("malformed"));
    expect(readImage(replaced(image, image.length - 1, 0xd0))).toEqual(refused("truncated"));
  });
});
