import { describe, expect, it } from "vitest";

import { anonymous, type ApiResponse, Caller, createAccount, createUser } from "../../support/fixtures.ts";
import {
  bytes,
  ihdr,
  jpeg,
  oneOfEach,
  pixels,
  png,
  pngChunk,
  pngOf,
  vp8,
  webpChunk,
  webpOf,
} from "../../support/images.ts";
import {
  createImage,
  download,
  formWith,
  logoPath,
  multipart,
  part,
  sendMultipart,
  storedKeys,
  upload,
} from "../../support/logos.ts";

const owner = await createUser();
const made = await createAccount(owner);
const before = createImage();
await upload(owner, made, before);

const tooLarge = [413, { detail: "Request body is larger than 2 MiB" }];
const broken = [400, { detail: "Invalid multipart data." }];
const mebibyte = 1024 * 1024;

function fault(reason: string, input: unknown = null): unknown[] {
  const issue = { type: "value_error", loc: ["body", "file"], msg: `Value error, ${reason}`, input };
  return [422, { detail: [{ ...issue, ctx: { error: {} } }] }];
}
const missing = [
  422,
  { detail: [{ type: "missing", loc: ["body", "file"], msg: "Field required", input: null }] },
];

/** Asserts that an upload is rejected and the logo unchanged. */
async function expectRefused(answer: ApiResponse, expected: unknown[]): Promise<void> {
  expect([answer.status, answer.body]).toEqual(expected);
  expect(await storedKeys(made)).toHaveLength(1);
}

describe("files that are no logo", () => {
  const kinds = oneOfEach();
  const zip = bytes("PK", [3, 4], new Uint8Array(26));
  const unknown = "The file is not a PNG, JPEG or WebP image.";
  const trailing = "The file contains data after the end of the image.";
  const refused: readonly { readonly what: string; readonly content: Uint8Array; readonly reason: string }[] =
    [
      { what: "nothing", content: new Uint8Array(), reason: "The file is empty." },
      {
        what: "an SVG",
        content: bytes('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        reason: unknown,
      },
      { what: "a page", content: bytes("<!doctype html><script>alert(1)</script>"), reason: unknown },
      { what: "a PDF", content: bytes("%PDF-1.7\n"), reason: unknown },
      { what: "a GIF", content: bytes("GIF89a", new Uint8Array(20)), reason: unknown },
      {
        what: "a GIF that is a script",
        content: bytes("GIF89a/*", new Uint8Array(4), "*/=1;alert(1)"),
        reason: unknown,
      },
      { what: "an archive", content: zip, reason: unknown },
      { what: "a PHAR", content: bytes("<?php __HALT_COMPILER(); ?>"), reason: unknown },
      { what: "a PNG one byte later", content: bytes("x", png()), reason: unknown },
      { what: "a PNG without its first byte", content: png().slice(1), reason: unknown },
      { what: "one byte", content: bytes([0x89]), reason: unknown },
      { what: "a PNG with an archive behind", content: bytes(png(), zip), reason: trailing },
      {
        what: "a PNG with a script behind",
        content: bytes(png(), "<script>alert(1)</script>"),
        reason: trailing,
      },
      {
        what: "a JPEG with a PHAR behind",
        content: bytes(jpeg(), "<?php __HALT_COMPILER(); ?>"),
        reason: trailing,
      },
      { what: "a WebP with an archive behind", content: bytes(webpOf(vp8), zip), reason: trailing },
      { what: "a PNG cut off", content: png().slice(0, -5), reason: "The image is truncated." },
      { what: "a JPEG cut off", content: jpeg().slice(0, -2), reason: "The image is truncated." },
      {
        what: "a PNG whose header is wrong by a byte",
        content: png().fill(9, 20, 21),
        reason: "The image is malformed.",
      },
      {
        what: "a PNG of 4097 pixels",
        content: png(4097, 1),
        reason: "The image is larger than 4096 by 4096 pixels.",
      },
      {
        what: "a JPEG of 4097 pixels",
        content: jpeg(1, 4097),
        reason: "The image is larger than 4096 by 4096 pixels.",
      },
      {
        what: "a PNG that says it is enormous",
        content: pngOf(
          ihdr({ width: 2 ** 31 - 1, height: 2 ** 31 - 1 }),
          pngChunk("IDAT", pixels()),
          pngChunk("IEND"),
        ),
        reason: "The image is larger than 4096 by 4096 pixels.",
      },
      {
        what: "an APNG",
        content: pngOf(
          ihdr(),
          pngChunk("acTL", new Uint8Array(8)),
          pngChunk("IDAT", pixels()),
          pngChunk("IEND"),
        ),
        reason: "The image is animated.",
      },
      {
        what: "a JPEG of many thousand scans that no browser should draw",
        content: bytes(jpeg().slice(0, -2), ...Array.from({ length: 200 }, () => jpegScan()), [0xff, 0xd9]),
        reason: "Browsers cannot show this kind of image.",
      },
    ];
  it.each(refused)("a file that is no logo is rejected: $what", async ({ content, reason }) => {
    for (const [name, type] of [
      ["logo.png", "image/png"],
      ["x.webp", "image/webp"],
    ] as const) {
      const raw = formWith(content, name, type);
      await expectRefused(await owner.patch(logoPath(made), undefined, { raw }), fault(reason));
    }
  });

  it("an animated WebP is rejected [R45]", async () => {
    const animated = webpOf(
      webpChunk("VP8X", [2, 0, 0, 0, 2, 0, 0, 1, 0, 0]),
      webpChunk("ANIM", new Uint8Array(6)),
    );
    await expectRefused(await upload(owner, made, animated), fault("The image is animated."));
  });

  it("a file is rejected if any byte of its signature differs [R43]", async () => {
    for (const [kind, image] of Object.entries(kinds)) {
      for (const at of kind.startsWith("webp") ? [0, 3, 8, 11] : [0, 1, 2]) {
        const changed = image.slice();
        changed.set([(image[at] ?? 0) ^ 1], at);
        const { status, body } = await upload(owner, made, changed);
        expect([kind, at, status, body]).toEqual([kind, at, ...fault(unknown)]);
      }
    }
  });
});

describe("uploads that are too large", () => {
  const over = () => createImage(2 * mebibyte - createImage().length + 1);

  it("a file over 2 MiB is 413 before authentication [R44]", async () => {
    expect(over().length).toBe(2 * mebibyte + 1);
    for (const content of [over(), new Uint8Array(3 * mebibyte)]) {
      for (const caller of [owner, anonymous, new Caller("bad"), await createUser()]) {
        await expectRefused(await upload(caller, made, content), tooLarge);
      }
    }
  });

  it("form overhead does not count, so authentication comes first", async () => {
    const fitting = createImage(2 * mebibyte - createImage().length);
    for (const raw of [formWith(fitting), new Uint8Array(2 * mebibyte + 1)]) {
      const { status, body } = await anonymous.patch(logoPath(made), undefined, {
        raw,
        headers: raw instanceof FormData ? {} : { "Content-Type": "multipart/form-data; boundary=b" },
      });
      expect([status, body]).toEqual([401, { detail: "Not authenticated" }]);
    }
  });

  /** An endless body; `pulled` counts the bytes read from it. */
  function endless(): { raw: ReadableStream<Uint8Array>; pulled: () => number } {
    let taken = 0;
    const head = part('Content-Disposition: form-data; name="file"; filename="a.png"', "");
    const piece = new Uint8Array(64 * 1024);
    const raw = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(taken === 0 ? head : piece);
        taken += piece.length;
        if (taken > 256 * mebibyte) controller.close();
      },
    });
    return { raw, pulled: () => taken };
  }

  it.each([
    { how: "without a length", headers: {} },
    { how: "with a length that lies", headers: { "Content-Length": "100" } },
    { how: "with a length that is none", headers: { "Content-Length": "many" } },
    { how: "with a length below nothing", headers: { "Content-Length": "-1" } },
  ])("an upload $how is 413 and not read to its end [R44]", async ({ headers }) => {
    const { raw, pulled } = endless();
    await expectRefused(
      await sendMultipart(owner, made, raw, "multipart/form-data; boundary=b", headers),
      tooLarge,
    );
    expect(pulled()).toBeLessThan(4 * mebibyte);
  });

  it("an upload with a large Content-Length is 413 without being read [R44]", async () => {
    const { raw, pulled } = endless();
    const headers = { "Content-Length": String(64 * mebibyte) };
    await expectRefused(
      await sendMultipart(owner, made, raw, "multipart/form-data; boundary=b", headers),
      tooLarge,
    );
    expect(pulled()).toBeLessThan(mebibyte);
  });

  it("ten megabytes of part headers or other fields are 413 [R47]", async () => {
    const headers = `Content-Disposition: form-data; name="file"; filename="a"\r\nX: ${"x".repeat(10_000_000)}`;
    await expectRefused(await sendMultipart(owner, made, multipart(part(headers, createImage()))), tooLarge);
    const other = part('Content-Disposition: form-data; name="other"', "x".repeat(10_000_000));
    await expectRefused(await sendMultipart(owner, made, multipart(other)), tooLarge);
  });

  it("a refused upload changes nothing, and other operations keep the limit of 1 MiB", async () => {
    expect((await download(owner, made)).bytes).toEqual(before);
    const { status, body } = await owner.patch(`/api/v1/account/${made.slug}`, undefined, {
      raw: new Uint8Array(mebibyte + 1),
    });
    expect([status, body]).toEqual([413, { detail: "Request body is larger than 1 MiB" }]);
  });
});

describe("multipart bodies", () => {
  const file = 'Content-Disposition: form-data; name="file"; filename="a.png"';

  it("a form without a file is rejected [R47]", async () => {
    const wrongField = part('Content-Disposition: form-data; name="logo"; filename="a.png"', createImage());
    const nested = part('Content-Disposition: form-data; name="file[]"; filename="a.png"', createImage());
    for (const body of [multipart(wrongField), multipart(nested), multipart(), new Uint8Array()]) {
      await expectRefused(await sendMultipart(owner, made, body), missing);
    }
    await expectRefused(await owner.patch(logoPath(made)), missing);
  });

  it.each(["image/png", "application/json", "application/octet-stream", "multipart/mixed; boundary=b", ""])(
    "another content type is not read as a form: %j",
    async (type) => {
      await expectRefused(
        await sendMultipart(owner, made, multipart(part(file, createImage())), type),
        missing,
      );
      await expectRefused(await sendMultipart(owner, made, createImage(), type), missing);
    },
  );

  it("an urlencoded form has no file", async () => {
    const raw = new URLSearchParams({ file: "a" });
    await expectRefused(await owner.patch(logoPath(made), undefined, { raw }), missing);
  });

  it("a text field in place of the file is rejected", async () => {
    const text = part('Content-Disposition: form-data; name="file"', "some text");
    const expected = fault("Expected UploadFile, received: <class 'str'>", "some text");
    await expectRefused(await sendMultipart(owner, made, multipart(text)), expected);
  });

  it("a file with an empty name counts as text, as the platform reads it", async () => {
    const nameless = part('Content-Disposition: form-data; name="file"; filename=""', "");
    const expected = fault("Expected UploadFile, received: <class 'str'>", "");
    await expectRefused(await sendMultipart(owner, made, multipart(nameless)), expected);
  });

  it("more than one file is rejected, equal or not [R47]", async () => {
    const image = createImage();
    const text = part('Content-Disposition: form-data; name="file"', "text");
    const several = "Send exactly one file.";
    await expectRefused(
      await sendMultipart(owner, made, multipart(part(file, image), part(file, image))),
      fault(several, [null, null]),
    );
    await expectRefused(
      await sendMultipart(owner, made, multipart(part(file, image), text)),
      fault(several, [null, "text"]),
    );
  });

  const unreadable: Record<string, readonly [body: Uint8Array<ArrayBuffer>, type?: string]> = {
    "without a boundary": [multipart(part(file, png())), "multipart/form-data"],
    "with an empty boundary": [multipart(part(file, png())), "multipart/form-data; boundary="],
    "with another boundary": [multipart(part(file, png())), "multipart/form-data; boundary=c"],
    "without its end": [part(file, png())],
    "cut off in the headers": [Uint8Array.from(bytes(`--b\r\n${file}`))],
    "that is none": [Uint8Array.from(bytes("nonsense"))],
    "whose part has no name": [multipart(part("X: y", png()))],
    "that is an image": [Uint8Array.from(png())],
  };
  it.each(Object.entries(unreadable))("a malformed form is 400: %s [R47]", async (_what, [body, type]) => {
    await expectRefused(await sendMultipart(owner, made, body, type), broken);
  });

  it("a form may have thousands of parts", async () => {
    const many = Array.from({ length: 20_000 }, (_, at) =>
      part(`Content-Disposition: form-data; name="f${at}"`, ""),
    );
    await expectRefused(await sendMultipart(owner, made, multipart(...many)), missing);
  });

  it("form fields may be named like prototype properties", async () => {
    const account = await createAccount(owner);
    const names = ["__proto__", "constructor", "toJSON", "hasOwnProperty"];
    const strange = names.map((name) => part(`Content-Disposition: form-data; name="${name}"`, "x"));
    const image = createImage();
    const answer = await sendMultipart(owner, account, multipart(...strange, part(file, image)));
    expect([answer.status, answer.text]).toEqual([204, ""]);
  });

  const names: Record<string, string> = {
    "with a way up": 'name="file"; filename="../../../etc/passwd"',
    "with a way up, encoded": 'name="file"; filename="..%2F..%2Faccounts%2Fx"',
    "with a drive": String.raw`name="file"; filename="C:\\x\\..\\logo.svg"`,
    "with a line end, encoded": 'name="file"; filename="a%0d%0aX-Evil: 1.png"',
    "with a NUL, encoded": 'name="file"; filename="a.png%00.svg"',
    "with quotes": String.raw`name="file"; filename="a\".svg"`,
    "of many characters": `name="file"; filename="${"x".repeat(8_000)}"`,
    "of other letters": 'name="file"; filename="\u{e9}.png"',
  };
  it.each(Object.entries(names))("a file named %s is accepted [R47]", async (_what, name) => {
    const account = await createAccount(owner);
    const image = createImage();
    const body = multipart(part(`Content-Disposition: form-data; ${name}`, image));
    const answer = await sendMultipart(owner, account, body);
    expect([answer.status, answer.text]).toEqual([204, ""]);
    const found = await download(owner, account);
    expect(found.bytes).toEqual(image);
    expect(found.headers.get("Content-Disposition")).toBe('inline; filename="logo.png"');
    expect(found.headers.get("X-Evil")).toBe(null);
    const [key] = await storedKeys(account);
    expect(key).toMatch(new RegExp(`^accounts/${account.id}/[0-9a-f]{64}/[-0-9a-f]{36}$`));
  });

  it("a line end in a file name adds nothing to any response [R47]", async () => {
    const account = await createAccount(owner);
    const image = createImage();
    const named = 'Content-Disposition: form-data; name="file"; filename="a\r\nX-Evil: 1\r\n.png"';
    const answer = await sendMultipart(owner, account, multipart(part(named, image)));
    expect([204, 400, 422]).toContain(answer.status);
    expect(answer.headers.get("X-Evil")).toBe(null);
    const found = await download(owner, account);
    expect(found.headers.get("X-Evil")).toBe(null);
  });
});

/** A scan of one component: only its header. */
function jpegScan(): Uint8Array {
  return bytes([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0]);
}
