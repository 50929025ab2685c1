/** Uploads that are no logo, and what is said of them. */
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

/** Asserts that an upload is refused so, and that the logo is the one it was. */
async function expectRefused(answer: ApiResponse, expected: unknown[]): Promise<void> {
  expect([answer.status, answer.body]).toEqual(expected);
  expect(await storedKeys(made)).toHaveLength(1);
}

describe("a file that is no logo", () => {
  const kinds = oneOfEach();
  const zip = bytes("PK", [3, 4], new Uint8Array(26));
  const unknown = "The file is no PNG, JPEG or WebP image.";
  const trailing = "The file goes on after the end of the image.";
  const refused: readonly (readonly [string, Uint8Array, string])[] = [
    ["nothing", new Uint8Array(), "The file is empty."],
    ["an SVG", bytes('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'), unknown],
    ["a page", bytes("<!doctype html><script>alert(1)</script>"), unknown],
    ["a PDF", bytes("%PDF-1.7\n"), unknown],
    ["a GIF", bytes("GIF89a", new Uint8Array(20)), unknown],
    ["a GIF that is a script", bytes("GIF89a/*", new Uint8Array(4), "*/=1;alert(1)"), unknown],
    ["an archive", zip, unknown],
    ["a PHAR", bytes("<?php __HALT_COMPILER(); ?>"), unknown],
    ["a PNG one byte later", bytes("x", png()), unknown],
    ["a PNG without its first byte", png().slice(1), unknown],
    ["one byte", bytes([0x89]), unknown],
    ["a PNG with an archive behind", bytes(png(), zip), trailing],
    ["a PNG with a script behind", bytes(png(), "<script>alert(1)</script>"), trailing],
    ["a JPEG with a PHAR behind", bytes(jpeg(), "<?php __HALT_COMPILER(); ?>"), trailing],
    ["a WebP with an archive behind", bytes(webpOf(vp8), zip), trailing],
    ["a PNG cut off", png().slice(0, -5), "The image ends too early."],
    ["a JPEG cut off", jpeg().slice(0, -2), "The image ends too early."],
    ["a PNG whose header is wrong by a byte", png().fill(9, 20, 21), "The image is broken."],
    ["a PNG of 4097 pixels", png(4097, 1), "The image is larger than 4096 by 4096 pixels."],
    ["a JPEG of 4097 pixels", jpeg(1, 4097), "The image is larger than 4096 by 4096 pixels."],
    [
      "a PNG that says it is enormous",
      pngOf(ihdr({ width: 2 ** 31 - 1, height: 2 ** 31 - 1 }), pngChunk("IDAT", pixels()), pngChunk("IEND")),
      "The image is larger than 4096 by 4096 pixels.",
    ],
    [
      "an APNG",
      pngOf(ihdr(), pngChunk("acTL", new Uint8Array(8)), pngChunk("IDAT", pixels()), pngChunk("IEND")),
      "The image is animated.",
    ],
    [
      "a JPEG of many thousand scans that no browser should draw",
      bytes(jpeg().slice(0, -2), ...Array.from({ length: 200 }, () => jpegScan()), [0xff, 0xd9]),
      "The image is of a kind that browsers do not show.",
    ],
  ];
  it.each(refused)("is refused: %s", async (_what, content, reason) => {
    for (const [name, type] of [
      ["logo.png", "image/png"],
      ["x.webp", "image/webp"],
    ] as const) {
      const raw = formWith(content, name, type);
      await expectRefused(await owner.patch(logoPath(made), undefined, { raw }), fault(reason));
    }
  });

  it("is refused when it is animated: a WebP [R45]", async () => {
    const animated = webpOf(
      webpChunk("VP8X", [2, 0, 0, 0, 2, 0, 0, 1, 0, 0]),
      webpChunk("ANIM", new Uint8Array(6)),
    );
    await expectRefused(await upload(owner, made, animated), fault("The image is animated."));
  });

  it("is refused whichever byte of its beginning is another [R43]", async () => {
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

describe("an upload that is too large", () => {
  const over = () => createImage(2 * mebibyte - createImage().length + 1);

  it("is 413 by a byte and by far, before anyone asks who sends it [R44]", async () => {
    expect(over().length).toBe(2 * mebibyte + 1);
    for (const content of [over(), new Uint8Array(3 * mebibyte)]) {
      for (const caller of [owner, anonymous, new Caller("bad"), await createUser()]) {
        await expectRefused(await upload(caller, made, content), tooLarge);
      }
    }
  });

  it("is not too large by what surrounds it: then who sends it is asked first", async () => {
    const fitting = createImage(2 * mebibyte - createImage().length);
    for (const raw of [formWith(fitting), new Uint8Array(2 * mebibyte + 1)]) {
      const { status, body } = await anonymous.patch(logoPath(made), undefined, {
        raw,
        headers: raw instanceof FormData ? {} : { "Content-Type": "multipart/form-data; boundary=b" },
      });
      expect([status, body]).toEqual([401, { detail: "Not authenticated" }]);
    }
  });

  /** A body that never seems to end; `pulled` tells how much of it was taken. */
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
    ["without a length", {}],
    ["with a length that lies", { "Content-Length": "100" }],
    ["with a length that is none", { "Content-Length": "many" }],
    ["with a length below nothing", { "Content-Length": "-1" }],
  ])("is 413 %s, and not read to its end [R44]", async (_how, headers) => {
    const { raw, pulled } = endless();
    await expectRefused(
      await sendMultipart(owner, made, raw, "multipart/form-data; boundary=b", headers),
      tooLarge,
    );
    expect(pulled()).toBeLessThan(4 * mebibyte);
  });

  it("is 413 unread when its length says so [R44]", async () => {
    const { raw, pulled } = endless();
    const headers = { "Content-Length": String(64 * mebibyte) };
    await expectRefused(
      await sendMultipart(owner, made, raw, "multipart/form-data; boundary=b", headers),
      tooLarge,
    );
    expect(pulled()).toBeLessThan(mebibyte);
  });

  it("is 413 for ten megabytes of headers, and for as much of other fields [R47]", async () => {
    const headers = `Content-Disposition: form-data; name="file"; filename="a"\r\nX: ${"x".repeat(10_000_000)}`;
    await expectRefused(await sendMultipart(owner, made, multipart(part(headers, createImage()))), tooLarge);
    const other = part('Content-Disposition: form-data; name="other"', "x".repeat(10_000_000));
    await expectRefused(await sendMultipart(owner, made, multipart(other)), tooLarge);
  });

  it("changes nothing, and nothing but a logo may be so large", async () => {
    expect((await download(owner, made)).bytes).toEqual(before);
    const { status, body } = await owner.patch(`/api/v1/account/${made.slug}`, undefined, {
      raw: new Uint8Array(mebibyte + 1),
    });
    expect([status, body]).toEqual([413, { detail: "Request body is larger than 1 MiB" }]);
  });
});

describe("a multipart body", () => {
  const file = 'Content-Disposition: form-data; name="file"; filename="a.png"';

  it("without a file is told so [R47]", async () => {
    const wrongField = part('Content-Disposition: form-data; name="logo"; filename="a.png"', createImage());
    const nested = part('Content-Disposition: form-data; name="file[]"; filename="a.png"', createImage());
    for (const body of [multipart(wrongField), multipart(nested), multipart(), new Uint8Array()]) {
      await expectRefused(await sendMultipart(owner, made, body), missing);
    }
    await expectRefused(await owner.patch(logoPath(made)), missing);
  });

  it.each(["image/png", "application/json", "application/octet-stream", "multipart/mixed; boundary=b", ""])(
    "under another content type is none: %j",
    async (type) => {
      await expectRefused(
        await sendMultipart(owner, made, multipart(part(file, createImage())), type),
        missing,
      );
      await expectRefused(await sendMultipart(owner, made, createImage(), type), missing);
    },
  );

  it("as a form in a URL's manner has no file", async () => {
    const raw = new URLSearchParams({ file: "a" });
    await expectRefused(await owner.patch(logoPath(made), undefined, { raw }), missing);
  });

  it("whose file is text is told so", async () => {
    const text = part('Content-Disposition: form-data; name="file"', "some text");
    const expected = fault("Expected UploadFile, received: <class 'str'>", "some text");
    await expectRefused(await sendMultipart(owner, made, multipart(text)), expected);
  });

  it("whose file has an empty name is text, as the platform reads it", async () => {
    const nameless = part('Content-Disposition: form-data; name="file"; filename=""', "");
    const expected = fault("Expected UploadFile, received: <class 'str'>", "");
    await expectRefused(await sendMultipart(owner, made, multipart(nameless)), expected);
  });

  it("with more than one file is refused, the same or not [R47]", async () => {
    const image = createImage();
    const text = part('Content-Disposition: form-data; name="file"', "text");
    const several = "There is more than one file.";
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
  it.each(Object.entries(unreadable))("that cannot be read is 400: %s [R47]", async (_what, [body, type]) => {
    await expectRefused(await sendMultipart(owner, made, body, type), broken);
  });

  it("may have thousands of parts", async () => {
    const many = Array.from({ length: 20_000 }, (_, at) =>
      part(`Content-Disposition: form-data; name="f${at}"`, ""),
    );
    await expectRefused(await sendMultipart(owner, made, multipart(...many)), missing);
  });

  it("may have names that mean something elsewhere", async () => {
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
  it.each(Object.entries(names))(
    "whose file has a name %s is a file as any other [R47]",
    async (_what, name) => {
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
    },
  );

  it("with a line end in the name of its file puts nothing into any answer [R47]", async () => {
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

/** A scan of the one component, of no more than its header. */
function jpegScan(): Uint8Array {
  return bytes([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0]);
}
