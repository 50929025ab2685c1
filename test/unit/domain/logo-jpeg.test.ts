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
    ["a frame and a scan", [baseline, pixels], accepted],
    ["tables, too", [jfif, tables(), baseline, pixels], accepted],
    ["no frame", [jfif, pixels], refused("malformed")],
    ["nothing", [jfif], refused("malformed")],
    ["a scan before the frame", [pixels, baseline], refused("malformed")],
    ["no scan", [baseline], refused("malformed")],
    ["two frames", [baseline, baseline, pixels], refused("malformed")],
    ["a frame after the scan", [baseline, pixels, baseline], refused("malformed")],
    ["more scans", [baseline, pixels, tables(), pixels], accepted],
    ["a scan without pixels", [baseline, scan([])], refused("malformed")],
    ["a scan without pixels, then another", [baseline, scan([]), pixels], refused("malformed")],
    ["a comment with an end marker in it", [segment(0xfe, eoi), baseline, pixels], accepted],
    ["a comment of nothing", [segment(0xfe), baseline, pixels], accepted],
    ["bytes that fill before a marker", [bytes([0xff, 0xff]), baseline, pixels, bytes([0xff])], accepted],
    ["bytes between segments", [bytes([0]), baseline, pixels], refused("unknown_format")],
    ["bytes between later segments", [jfif, bytes([0]), baseline, pixels], refused("malformed")],
    ["a zero for a marker", [jfif, bytes([0xff, 0]), baseline, pixels], refused("malformed")],
    ["a second start", [bytes([0xff, 0xd8]), baseline, pixels], refused("malformed")],
    ["a restart outside a scan", [baseline, bytes([0xff, 0xd0]), pixels], refused("malformed")],
    ["a length of 1", [bytes([0xff, 0xfe, 0, 1]), baseline, pixels], refused("malformed")],
    ["a length of 0", [bytes([0xff, 0xfe, 0, 0]), baseline, pixels], refused("malformed")],
    ["a length past the end", [bytes([0xff, 0xfe, 0xff, 0xff]), baseline, pixels], refused("truncated")],
  ])("must be complete and in order: %s", (_, parts, answer) => {
    expect(readImage(jpegOf(...parts))).toEqual(answer);
  });

  it("must be of the kinds that browsers show", () => {
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

  it("of an embedded thumbnail are ignored", () => {
    const preview = segment(0xe1, bytes("Exif\0\0", jpegOf(frame(0xc0, 9999, 9999), pixels)));
    expect(readImage(jpegOf(preview, baseline, pixels))).toEqual(accepted);
    expect(readImage(jpegOf(preview))).toEqual(refused("malformed"));
  });

  it("have at most 100 scans", () => {
    const scans = Array.from({ length: maxScans }, () => pixels);
    expect(readImage(jpegOf(baseline, ...scans))).toEqual(accepted);
    expect(readImage(jpegOf(baseline, ...scans, pixels))).toEqual(refused("unsupported"));
  });
});

describe("the frame of a JPEG", () => {
  const framed = (fields: readonly number[], marker = 0xc0) =>
    readImage(jpegOf(segment(marker, fields), pixels));
  const one = [1, 0x11, 0];

  it.each([0xc0, 0xc1, 0xc2])("may be baseline, extended or progressive: %i", (marker) => {
    expect(framed([8, 0, 8, 0, 8, 1, ...one], marker)).toEqual(accepted);
  });

  it.each([1, 2, 3, 4])("may have %i components", (count) => {
    const parts = [frame(0xc0, 8, 8, count), scan([0x3f], count)];
    expect(readImage(jpegOf(...parts))).toEqual(accepted);
  });

  it.each([
    ["whole", [8, 0, 8, 0, 8, 1, ...one], accepted],
    ["of 12 bits", [12, 0, 8, 0, 8, 1, ...one], refused("unsupported")],
    ["of 0 bits", [0, 0, 8, 0, 8, 1, ...one], refused("unsupported")],
    ["of a height after the first scan", [8, 0, 0, 0, 8, 1, ...one], refused("unsupported")],
    ["of no width", [8, 0, 8, 0, 0, 1, ...one], refused("malformed")],
    ["of no size", [8, 0, 0, 0, 0, 1, ...one], refused("malformed")],
    ["of no component", [8, 0, 8, 0, 8, 0], refused("malformed")],
    ["of five components", [8, 0, 8, 0, 8, 5, ...one, ...one, ...one, ...one, ...one], refused("malformed")],
    ["one byte short", [8, 0, 8, 0, 8, 1, 1, 0x11], refused("malformed")],
    ["one byte long", [8, 0, 8, 0, 8, 1, ...one, 0], refused("malformed")],
    ["empty", [], refused("malformed")],
    ["sampled 4 by 4", [8, 0, 8, 0, 8, 1, 1, 0x44, 3], accepted],
    ["sampled 0 across", [8, 0, 8, 0, 8, 1, 1, 0x01, 0], refused("malformed")],
    ["sampled 0 down", [8, 0, 8, 0, 8, 1, 1, 0x10, 0], refused("malformed")],
    ["sampled 5 across", [8, 0, 8, 0, 8, 1, 1, 0x51, 0], refused("malformed")],
    ["of a fifth table", [8, 0, 8, 0, 8, 1, 1, 0x11, 4], refused("malformed")],
  ])("must be consistent: %s", (_, fields, answer) => {
    expect(framed(fields)).toEqual(answer);
  });
});

describe("a scan of a JPEG", () => {
  const scanned = (header: readonly number[]) =>
    readImage(jpegOf(frame(0xc0, 8, 8, 3), segment(0xda, header), bytes([0x3f])));

  it.each([
    ["of all components", [3, 1, 0, 2, 0, 3, 0, 0, 63, 0], accepted],
    ["of one", [1, 3, 0, 0, 63, 0], accepted],
    ["of another's", [1, 4, 0, 0, 63, 0], refused("malformed")],
    ["of none", [0, 0, 63, 0], refused("malformed")],
    ["of five", [5, 1, 0, 2, 0, 3, 0, 1, 0, 2, 0, 0, 63, 0], refused("malformed")],
    ["one byte short", [1, 3, 0, 0, 63], refused("malformed")],
    ["one byte long", [1, 3, 0, 0, 63, 0, 0], refused("malformed")],
    ["empty", [], refused("malformed")],
  ])("must have components of the frame: %s", (_, header, answer) => {
    expect(scanned(header)).toEqual(answer);
  });

  it.each([
    ["a stuffed 0xff", [0xff, 0, 0xd9, 0xff, 0], accepted],
    ["restarts", [0, 0xff, 0xd0, 1, 0xff, 0xd7, 2], accepted],
    ["a restart after bytes that fill", [0, 0xff, 0xff, 0xff, 0xd1, 1], accepted],
    ["bytes that fill before the end", [0, 0xff, 0xff], accepted],
    ["an end marker", [0, 0xff, 0xd9], refused("trailing_data")],
    ["a comment", bytes([0], segment(0xfe, "hello")), accepted],
    ["a start marker", [0, 0xff, 0xd8], refused("malformed")],
    ["a height", bytes([0], segment(0xdc, [0, 8])), refused("unsupported")],
    ["a reserved marker", [0, 0xff, 0x02], refused("malformed")],
  ])("may contain stuffed bytes and restart markers: %s", (_, content, answer) => {
    expect(readImage(jpegOf(baseline, scan(content)))).toEqual(answer);
  });

  it("of a real encoder contains them", () => {
    const image = chequeredJpeg();
    expect(Buffer.from(image).toString("hex")).toMatch(/ffd1.*ffd2.*ffd9$/);
    expect(readImage(image)).toEqual({ ...accepted, width: 24, height: 32 });
  });
});

describe("the end of a JPEG", () => {
  it.each([
    ["a byte", [0]],
    ["a line end", "\r\n"],
    ["an archive", "PK\u0003\u0004"],
    ["another image, as in a multi-picture file", jpeg()],
    ["another end", eoi],
  ])("must be the end of the file: %s", (_, trailing) => {
    expect(readImage(bytes(jpeg(), trailing))).toEqual(refused("trailing_data"));
  });

  it("is the end-of-image marker", () => {
    const image = jpeg();
    expect(readImage(image.subarray(0, -2))).toEqual(refused("truncated"));
    expect(readImage(replaced(image, image.length - 1, 0xd8))).toEqual(refused("malformed"));
    expect(readImage(replaced(image, image.length - 1, 0xd0))).toEqual(refused("truncated"));
  });
});
