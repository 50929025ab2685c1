import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

import { withStoredToken } from "../../support/access-tokens.ts";
import { setAccount } from "../../support/database.ts";
import {
  addMember,
  anonymous,
  createAccount,
  createOperator,
  createUser,
  publicUrl,
  type TestAccount,
  statusAndBody,
} from "../../support/fixtures.ts";
import { missingPermission } from "../../support/members.ts";
import { oneOfEach } from "../../support/images.ts";
import {
  createImage,
  currentLogoKey,
  download,
  logoPath,
  storedKeys,
  upload,
  workerCapturingJobs,
} from "../../support/logos.ts";

const none = [404, { detail: "Logo not found" }];
const forbidden = [403, { detail: "This account does not exist or you are not a member of it" }];
const noAccount = [404, { detail: "Account not found" }];
const { worker } = workerCapturingJobs();

async function owned() {
  const owner = (await createUser()).via(worker);
  return { owner, made: await createAccount(owner) };
}

async function sha256(content: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", content)).toHex();
}

describe("uploading and downloading a logo", () => {
  it.each(Object.entries(oneOfEach()))(
    "a logo is returned as it was sent: %s [R42, R46]",
    async (kind, image) => {
      const { owner, made } = await owned();
      const uploaded = await upload(owner, made, image, { "X-Request-Id": "r" });
      expect([uploaded.status, uploaded.text]).toEqual([204, ""]);

      const { status, headers, bytes } = await download(owner, made);
      expect(status).toBe(200);
      expect(bytes).toEqual(image);
      const extension = kind.split(",", 1)[0] ?? "";
      const type = { png: "image/png", jpg: "image/jpeg", webp: "image/webp" }[extension];
      const { "x-request-id": _, vary: __, ...reported } = Object.fromEntries(headers);
      expect(reported).toEqual({
        "cache-control": "private, no-cache",
        "content-disposition": `inline; filename="logo.${extension}"`,
        "content-length": String(image.length),
        "content-security-policy": "default-src 'none'; sandbox",
        "content-type": type,
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        etag: `"${await sha256(image)}"`,
        "origin-agent-cluster": "?1",
        "referrer-policy": "no-referrer",
        "strict-transport-security": "max-age=15552000; includeSubDomains",
        "x-content-type-options": "nosniff",
        "x-dns-prefetch-control": "off",
        "x-download-options": "noopen",
        "x-frame-options": "SAMEORIGIN",
        "x-permitted-cross-domain-policies": "none",
        "x-xss-protection": "0",
      });
    },
  );

  it("a logo of exactly 2 MiB is accepted", async () => {
    const { owner, made } = await owned();
    const largest = createImage(2 * 1024 * 1024 - createImage().length);
    expect(largest.length).toBe(2 * 1024 * 1024);
    expect((await upload(owner, made, largest)).status).toBe(204);
    const { bytes } = await download(owner, made);
    expect(await sha256(bytes)).toBe(await sha256(largest));
  });

  it("a logo is stored under its account and hash with the detected type", async () => {
    const { owner, made } = await owned();
    const image = oneOfEach()["webp, lossy"] ?? new Uint8Array();
    await upload(owner, made, image);
    const [key = "", ...others] = await storedKeys(made);
    expect(others).toEqual([]);
    expect(key).toMatch(new RegExp(`^accounts/${made.id}/${await sha256(image)}/[-0-9a-f]{36}$`));
    expect((await env.LOGOS.head(key))?.httpMetadata).toEqual({ contentType: "image/webp" });
  });

  it("the type is detected from the first bytes, whatever is declared [R42]", async () => {
    const { owner, made } = await owned();
    const form = new FormData();
    const image = oneOfEach()["jpg, baseline"] ?? new Uint8Array();
    form.append("file", new File([image], "evil.svg", { type: "image/svg+xml" }));
    form.append("account_id", "ignored");
    expect((await owner.patch(logoPath(made), undefined, { raw: form })).status).toBe(204);
    const { headers } = await download(owner, made);
    expect(headers.get("Content-Type")).toBe("image/jpeg");
    expect(headers.get("Content-Disposition")).toBe('inline; filename="logo.jpg"');
  });

  it("a missing logo is 404", async () => {
    const { owner, made } = await owned();
    for (const method of ["GET", "DELETE"]) {
      const { status, body } = await owner.send(method, logoPath(made));
      expect([status, body]).toEqual(none);
    }
  });

  it("HEAD returns all headers and no body", async () => {
    const { owner, made } = await owned();
    const image = createImage();
    await upload(owner, made, image);
    const full = await download(owner, made);
    const { status, headers, bytes } = await download(owner, made, { method: "HEAD" });
    expect([status, bytes.length]).toEqual([200, 0]);
    for (const name of ["Content-Type", "Content-Length", "ETag", "Cache-Control", "Content-Disposition"]) {
      expect([name, headers.get(name)]).toEqual([name, full.headers.get(name)]);
    }
  });

  it("a matching If-None-Match is 304, and another tag gets the whole logo [R46]", async () => {
    const { owner, made } = await owned();
    await upload(owner, made, createImage());
    const { headers } = await download(owner, made);
    const tag = headers.get("ETag") ?? "";
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
      const again = await download(owner, made, { headers: { "If-None-Match": known } });
      expect([known, again.status, again.bytes.length]).toEqual([known, 304, 0]);
      expect(again.headers.get("ETag")).toBe(tag);
      expect(again.headers.get("Cache-Control")).toBe("private, no-cache");
      expect(again.headers.get("Content-Security-Policy")).toBe("default-src 'none'; sandbox");
    }
    const other = await download(owner, made, { headers: { "If-None-Match": '"other"' } });
    expect(other.status).toBe(200);
  });

  it("a Range header is ignored", async () => {
    const { owner, made } = await owned();
    const image = createImage();
    await upload(owner, made, image);
    for (const range of ["bytes=0-3", "bytes=-5", "bytes=999999-", "nonsense"]) {
      const { status, bytes } = await download(owner, made, { headers: { Range: range } });
      expect([range, status, bytes]).toEqual([range, 200, image]);
    }
  });

  it("a deleted logo is gone and can be uploaded again", async () => {
    const { owner, made } = await owned();
    const image = createImage();
    await upload(owner, made, image);
    const { status, text } = await owner.delete(logoPath(made));
    expect([status, text]).toEqual([204, ""]);
    expect(await currentLogoKey(made)).toBe(undefined);
    expect((await download(owner, made)).status).toBe(404);
    expect((await upload(owner, made, image)).status).toBe(204);
    expect((await download(owner, made)).bytes).toEqual(image);
  });

  it("a logo is changed only if it matches If-Match", async () => {
    const { owner, made } = await owned();
    const first = createImage();
    const tag = `"${await sha256(first)}"`;
    const mismatch = {
      detail: "The object has changed since the version in If-Match. Read it again and retry.",
    };
    const early = await upload(owner, made, first, { "If-Match": tag });
    expect([early.status, early.body]).toEqual([412, mismatch]);
    await upload(owner, made, first);
    expect(await storedKeys(made)).toHaveLength(1);
    for (const wrong of ['"other"', `W/${tag}`, ""]) {
      const refused = await upload(owner, made, createImage(), { "If-Match": wrong });
      expect([wrong, refused.status]).toEqual([wrong, 412]);
      const rejected = await owner.delete(logoPath(made), { headers: { "If-Match": wrong } });
      expect([wrong, rejected.status]).toEqual([wrong, 412]);
    }
    expect(await storedKeys(made)).toHaveLength(1);
    const second = createImage();
    expect((await upload(owner, made, second, { "If-Match": `"x", ${tag}` })).status).toBe(204);
    expect((await upload(owner, made, createImage(), { "If-Match": "*" })).status).toBe(204);
    expect((await owner.delete(logoPath(made), { headers: { "If-Match": tag } })).status).toBe(412);
  });
});

describe("permissions on logos", () => {
  it("a member may download and not change the logo", async () => {
    const { owner, made } = await owned();
    const image = createImage();
    await upload(owner, made, image);
    const member = await createUser();
    await addMember(made, member);
    expect((await download(member, made)).bytes).toEqual(image);
    for (const answer of [await upload(member, made, createImage()), await member.delete(logoPath(made))]) {
      expect(statusAndBody(answer)).toEqual(missingPermission("logo:write"));
    }
    expect(await storedKeys(made)).toHaveLength(1);
  });

  it("another tenant learns nothing, with any id [R2]", async () => {
    const { made } = await owned();
    const other = await owned();
    await upload(other.owner, other.made, createImage());
    const elsewhere: TestAccount = { ...made, slug: "no-such-account", id: crypto.randomUUID() };
    for (const of of [made, elsewhere, { ...made, id: other.made.id }]) {
      for (const answer of [
        await download(other.owner, of),
        await upload(other.owner, of, createImage()),
        await other.owner.delete(logoPath(of)),
      ]) {
        expect([answer.status, answer.body]).toEqual(forbidden);
      }
    }
    expect(await storedKeys(made)).toEqual([]);
  });

  it("account_id must be the account's id, in any spelling", async () => {
    const { owner, made } = await owned();
    await upload(owner, made, createImage());
    const other = await createAccount(owner);
    const answers = [
      await owner.get(logoPath(made, other.id)),
      await owner.patch(logoPath(made, other.id), undefined, { raw: new FormData() }),
      await owner.delete(logoPath(made, other.id)),
      await owner.delete(logoPath(made, "nonsense")),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 422, 404, 404]);
    expect([answers[0]?.status, answers[0]?.body]).toEqual(noAccount);
    const bare = made.id.replaceAll("-", "").toUpperCase();
    expect((await owner.get(logoPath(made, bare))).status).toBe(200);
    expect((await owner.get(logoPath({ slug: made.id, id: bare }))).status).toBe(200);
    expect((await owner.delete(logoPath(made, bare))).status).toBe(204);
  });

  it("a missing or malformed account_id is rejected", async () => {
    const { owner, made } = await owned();
    const path = `/api/v1/account/${made.slug}/logo.png`;
    const missing = { type: "missing", loc: ["query", "account_id"], msg: "Field required", input: null };
    for (const method of ["GET", "DELETE"]) {
      const { status, body } = await owner.send(method, path);
      expect([status, body]).toEqual([422, { detail: [missing] }]);
    }
    const both = await owner.patch(path);
    expect([both.status, both.body]).toEqual([
      422,
      { detail: [missing, { type: "missing", loc: ["body", "file"], msg: "Field required", input: null }] },
    ]);
    const malformed = await owner.get(`${path}?account_id=nonsense`);
    expect([malformed.status, malformed.body.detail[0].type]).toEqual([422, "uuid_parsing"]);
    expect(malformed.body.detail[0].loc).toEqual(["query", "account_id"]);
  });

  it("the logo of a blocked account can be read and not changed", async () => {
    const { owner, made } = await owned();
    const image = createImage();
    await upload(owner, made, image);
    await setAccount(made, { blocking_state: "budget" });
    const blocked = [403, { detail: "This account is blocked: budget" }];
    for (const answer of [await upload(owner, made, createImage()), await owner.delete(logoPath(made))]) {
      expect([answer.status, answer.body]).toEqual(blocked);
    }
    expect((await download(owner, made)).bytes).toEqual(image);
    expect((await upload((await createOperator()).via(worker), made, createImage())).status).toBe(204);
  });

  it("a personal access token may do what its user may", async () => {
    const { owner, made } = await owned();
    const bearer = (await withStoredToken(owner)).via(worker);
    const image = createImage();
    expect((await upload(bearer, made, image)).status).toBe(204);
    expect((await download(bearer, made)).bytes).toEqual(image);
    expect((await bearer.delete(logoPath(made))).status).toBe(204);
    expect((await download(anonymous, made)).status).toBe(401);
  });
});

describe("records of logos", () => {
  it("the audit row has both hashes, and the account's version changes", async () => {
    const { owner, made } = await owned();
    const [first, second] = [createImage(), createImage()];
    const before = (await owner.get(`/api/v1/account/${made.slug}`)).headers.get("ETag");
    await upload(owner, made, first);
    await upload(owner, made, second);
    await owner.delete(logoPath(made));
    const { body } = await owner.get(`/api/v1/account/${made.slug}/audit?limit=3`);
    const reported = body.items.map(({ action, target, changes }: Record<string, unknown>) => [
      action,
      target,
      changes,
    ]);
    const target = `account:${made.id}`;
    const [one, two] = [await sha256(first), await sha256(second)];
    expect(reported).toEqual([
      ["account.updated", target, { logo_hash: [two, null], logo_type: ["image/png", null] }],
      ["account.updated", target, { logo_hash: [one, two] }],
      ["account.updated", target, { logo_hash: [null, one], logo_type: [null, "image/png"] }],
    ]);
    const after = (await owner.get(`/api/v1/account/${made.slug}`)).headers.get("ETag");
    expect([before?.split("-")[0], after?.split("-")[0]]).toEqual(['"1', '"4']);
  });

  it("organizations have the logo's address, in the list and in detail", async () => {
    const { owner, made } = await owned();
    const one = `/accounts/organizations/${made.id}/`;
    const list = `/accounts/organizations/?uuid=${made.id}`;
    const reported = async () => [
      (await owner.get(one)).body.logo_url,
      (await owner.get(list)).body.results[0].logo_url,
      (await (await createOperator()).get(list)).body.results[0].logo_url,
      (await (await createOperator()).get(`${list}&search=${made.slug}`)).body.results[0].logo_url,
    ];
    expect(await reported()).toEqual([null, null, null, null]);
    const image = createImage();
    await upload(owner, made, image);
    const url = `${publicUrl}${logoPath(made)}`;
    expect(await reported()).toEqual([url, url, url, url]);
    expect((await owner.get(url)).status).toBe(200);
    await owner.delete(logoPath(made));
    expect(await reported()).toEqual([null, null, null, null]);
  });
});
