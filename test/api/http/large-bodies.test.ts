import { describe, expect, it } from "vitest";

import { anonymous, Caller, createAccount, createUser, unique } from "../../support/fixtures.ts";

const limit = 1024 * 1024;
const encoder = new TextEncoder();

/** Returns a stream, which is sent without Content-Length. `onPull` is called for every chunk. */
function streamOf(size: number, onPull: () => void = () => {}, first = ""): ReadableStream<Uint8Array> {
  const piece = encoder.encode(" ".repeat(64 * 1024));
  let sent = 0;
  return new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode(first)),
    pull(controller) {
      onPull();
      if (sent >= size) controller.close();
      else controller.enqueue(piece.subarray(0, Math.min(piece.length, size - sent)));
      sent += piece.length;
    },
  });
}

const json = { "Content-Type": "application/json" };
const apis = [
  { path: "/api/v1/accounts", body: { detail: "Request body is larger than 1 MiB" } },
  { path: "/accounts/organizations/", body: { detail: "Request body is larger than 1 MiB." } },
] as const;

describe.each(apis)("a body over 1 MiB to $path", ({ path, body }) => {
  it("a body over 1 MiB is 413 if Content-Length says so", async () => {
    for (const caller of [await createUser(), anonymous, new Caller("bad")]) {
      const answer = await caller.post(path, undefined, { raw: "x".repeat(limit + 1), headers: json });
      expect([answer.status, answer.body]).toEqual([413, body]);
    }
  });

  it("a body over 1 MiB without Content-Length is 413 and not read to its end [R62]", async () => {
    let pulls = 0;
    const raw = streamOf(64 * limit, () => {
      pulls += 1;
    });
    const answer = await (await createUser()).post(path, undefined, { raw, headers: json });
    expect([answer.status, answer.body]).toEqual([413, body]);
    expect(pulls).toBeLessThan(64);
  });

  it("a form over 1 MiB is 413", async () => {
    const user = await createUser();
    const form = new FormData();
    form.set("name", "x".repeat(limit));
    form.set("slug", unique("a"));
    expect((await user.post(path, undefined, { raw: form })).status).toBe(413);
    const fields = new URLSearchParams({ name: "x".repeat(limit), slug: unique("a") });
    expect((await user.post(path, undefined, { raw: fields })).status).toBe(413);
  });
});

describe("a body of exactly 1 MiB", () => {
  const padded = (body: object) => JSON.stringify(body).padEnd(limit, " ");

  it("a body of exactly 1 MiB is accepted", async () => {
    const user = await createUser();
    const raw = padded({ slug: unique("a") });
    expect((await user.post("/api/v1/accounts", undefined, { raw, headers: json })).status).toBe(201);
    const other = padded({ slug: unique("o"), name: "N" });
    const made = await user.post("/accounts/organizations/", undefined, { raw: other, headers: json });
    expect(made.status).toBe(201);
  });

  it("a body of exactly 1 MiB without Content-Length is accepted", async () => {
    const user = await createUser();
    const bytes = encoder.encode(padded({ slug: unique("a") }));
    const raw = new Response(bytes).body?.pipeThrough(new TransformStream()) ?? "";
    expect((await user.post("/api/v1/accounts", undefined, { raw, headers: json })).status).toBe(201);
  });
});

describe("a body with a wrong Content-Length", () => {
  const send = async (length: string, text: string) => {
    const raw = new Response(encoder.encode(text)).body?.pipeThrough(new TransformStream()) ?? "";
    return (await createUser()).post("/api/v1/accounts", undefined, {
      raw,
      headers: { ...json, "Content-Length": length },
    });
  };
  const fitting = () => JSON.stringify({ slug: unique("a") });

  it.each(["0", "5", "1000", "70000", "-7", "1.5", "many"])(
    "a body is read as it is received, whatever its Content-Length: %s",
    async (length) => {
      expect((await send(length, fitting())).status).toBe(201);
      // Several chunks.
      expect((await send(length, fitting().padEnd(200_000, " "))).status).toBe(201);
    },
  );

  it("a body over 1 MiB is 413 even if its Content-Length is smaller", async () => {
    expect((await send("5", fitting().padEnd(limit + 1, " "))).status).toBe(413);
  });
});

describe.each([
  { path: "/api/v1/accounts", body: { detail: "There was an error parsing the body" } },
  { path: "/accounts/organizations/", body: { detail: "JSON parse error - the body is not UTF-8" } },
])("a compressed body to $path", ({ path, body }) => {
  it("a compressed body is not decompressed, so it is invalid JSON, whether small or 64 MiB [R62]", async () => {
    for (const size of [0, 64 * limit]) {
      const plain = streamOf(size, undefined, JSON.stringify({ slug: unique("a"), name: "N" }));
      const packed = await new Response(plain.pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
      expect(packed.byteLength).toBeLessThan(limit);
      const answer = await (
        await createUser()
      ).post(path, undefined, {
        raw: packed,
        headers: { ...json, "Content-Encoding": "gzip" },
      });
      expect([answer.status, answer.body]).toEqual([400, body]);
    }
  });
});

it("an update over 1 MiB is 413 and changes nothing", async () => {
  const owner = await createUser();
  const { slug, title } = await createAccount(owner);
  const raw = JSON.stringify({ title: "Changed", x: "x".repeat(limit) });
  expect((await owner.patch(`/api/v1/account/${slug}`, undefined, { raw, headers: json })).status).toBe(413);
  expect((await owner.get(`/api/v1/account/${slug}`)).body).toMatchObject({ title });
});
