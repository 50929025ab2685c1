import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";

import { createAccount, createUser, type Fetch } from "../../support/fixtures.ts";
import {
  createImage,
  currentLogoKey,
  download,
  logoPath,
  logosWith,
  storedKeys,
  storeLogo,
  upload,
  workerCapturingJobs,
} from "../../support/logos.ts";
import { deliverJobs, jobDone } from "../../support/queue-and-cron.ts";
import { effort } from "../../support/effort.ts";
import { workerWith } from "../../support/worker.ts";

async function owned(worker: Fetch) {
  const owner = (await createUser()).via(worker);
  return { owner, made: await createAccount(owner) };
}

describe("replacing a logo", () => {
  it("one object is left after the queue ran", async () => {
    const { worker, sent } = workerCapturingJobs();
    const { owner, made } = await owned(worker);
    const images = [createImage(), createImage(), createImage()];
    const keys: string[] = [];
    for (const image of images) {
      await upload(owner, made, image);
      keys.push((await currentLogoKey(made)) ?? "");
    }
    expect((await storedKeys(made)).toSorted()).toEqual(keys.toSorted());
    const jobs = keys.slice(0, 2).map((key) => {
      const [, accountUuid, hash, uploaded] = key.split("/");
      return { kind: "delete-logo", accountUuid, hash, upload: uploaded };
    });
    expect(sent).toEqual(jobs);
    expect(await deliverJobs([...sent, ...sent])).toEqual({
      acknowledged: ["0", "1", "2", "3"],
      retried: [],
    });
    expect(await storedKeys(made)).toEqual([keys[2]]);
    expect((await download(owner, made)).bytes).toEqual(images[2]);

    await owner.delete(logoPath(made));
    expect(await deliverJobs([sent[2]])).toEqual(jobDone);
    expect(await storedKeys(made)).toEqual([]);
  });

  it("the same content is not written again", async () => {
    const { worker, sent } = workerCapturingJobs();
    const { owner, made } = await owned(worker);
    const image = createImage();
    await upload(owner, made, image);
    const before = await owner.get(`/api/v1/account/${made.slug}`);
    const key = await currentLogoKey(made);
    expect((await upload(owner, made, image)).status).toBe(204);
    const after = await owner.get(`/api/v1/account/${made.slug}`);
    expect(after.headers.get("ETag")).toBe(before.headers.get("ETag"));
    expect(await storedKeys(made)).toEqual([key]);
    expect(sent).toEqual([]);
  });

  it("the same content is stored again if the object was lost", async () => {
    const { owner, made } = await owned(workerCapturingJobs().worker);
    const image = createImage();
    await upload(owner, made, image);
    const key = (await currentLogoKey(made)) ?? "";
    await env.LOGOS.delete(key);
    const silent = vi.spyOn(console, "error").mockReturnValue();
    expect((await download(owner, made)).status).toBe(404);
    expect(silent.mock.calls.flat()).toEqual([
      { event: "logo_missing_in_storage", requestId: expect.any(String) },
    ]);
    silent.mockRestore();
    expect((await upload(owner, made, image)).status).toBe(204);
    expect(await storedKeys(made)).toEqual([key]);
    expect((await download(owner, made)).bytes).toEqual(image);
  });

  it("the logo is A after uploads A, B, A, whenever the deletions run [R48]", async () => {
    const { worker, sent } = workerCapturingJobs();
    const { owner, made } = await owned(worker);
    const [a, b] = [createImage(), createImage()];
    for (const image of [a, b, a]) await upload(owner, made, image);
    expect(await storedKeys(made)).toHaveLength(3);
    await deliverJobs(sent);
    expect(await storedKeys(made)).toEqual([await currentLogoKey(made)]);
    expect((await download(owner, made)).bytes).toEqual(a);
  });

  it("the logo is A after uploads A, B, A, even if A is deleted during its second upload", async () => {
    const { worker, sent } = workerCapturingJobs();
    const { owner, made } = await owned(worker);
    const [a, b] = [createImage(), createImage()];
    await upload(owner, made, a);
    await upload(owner, made, b);
    // The job has checked the first A; before it deletes the object, A is uploaded again.
    const LOGOS = logosWith({
      delete: async (keys: string | string[]) => {
        expect((await upload(owner, made, a)).status).toBe(204);
        await env.LOGOS.delete(keys);
      },
    });
    expect(await deliverJobs([sent[0]], { LOGOS })).toEqual(jobDone);
    expect((await download(owner, made)).bytes).toEqual(a);
    await deliverJobs(sent);
    expect(await storedKeys(made)).toEqual([await currentLogoKey(made)]);
    expect((await download(owner, made)).bytes).toEqual(a);
  });

  it("a job never deletes the current logo", async () => {
    const { owner, made } = await owned(workerCapturingJobs().worker);
    await upload(owner, made, createImage());
    const [, accountUuid, hash, uploaded] = (await currentLogoKey(made))?.split("/") ?? [];
    expect(await deliverJobs([{ kind: "delete-logo", accountUuid, hash, upload: uploaded }])).toEqual(
      jobDone,
    );
    expect((await download(owner, made)).status).toBe(200);
  });

  it("a download during a replacement reads the account again", async () => {
    const { owner, made } = await owned(workerCapturingJobs().worker);
    const [first, second] = [createImage(), createImage()];
    await storeLogo(made, first);
    for (const method of ["get", "head"] as const) {
      let replaced = false;
      const LOGOS = logosWith({
        [method]: async (key: string) => {
          if (replaced) return env.LOGOS[method](key);
          replaced = true;
          await env.LOGOS.delete(key);
          await storeLogo(made, second);
          return env.LOGOS[method](key);
        },
      });
      const found = await download(owner, made, {
        method: method.toUpperCase(),
        worker: workerWith({ LOGOS }),
      });
      expect([method, found.status, replaced]).toEqual([method, 200, true]);
      if (method === "get") expect(found.bytes).toEqual(second);
      await storeLogo(made, first);
    }
  });

  it("each download during replacements is one of the uploaded images [R48]", async () => {
    const { worker, sent } = workerCapturingJobs();
    const { owner, made } = await owned(worker);
    const images = Array.from({ length: effort(9, 21) }, () => createImage(20_000));
    const tags = new Map<string, Uint8Array>();
    for (const image of images) {
      tags.set(`"${new Uint8Array(await crypto.subtle.digest("SHA-256", image)).toHex()}"`, image);
    }
    await upload(owner, made, images[0] ?? createImage());
    const seen = new Set<string>();
    const replace = async () => {
      for (const image of images.slice(1)) {
        expect((await upload(owner, made, image)).status).toBe(204);
        await deliverJobs(sent.splice(0));
      }
    };
    const fetchAll = async () => {
      for (let at = 0; at < effort(15, 40); at += 1) {
        const { status, headers, bytes } = await download(owner, made);
        expect(status).toBe(200);
        const tag = headers.get("ETag") ?? "";
        expect(bytes).toEqual(tags.get(tag));
        seen.add(tag);
      }
    };
    await Promise.all([replace(), ...Array.from({ length: 5 }, fetchAll)]);
    expect(seen.size).toBeGreaterThan(3);
    expect(await storedKeys(made)).toEqual([await currentLogoKey(made)]);
  }, 60_000);

  it("after simultaneous uploads one logo and one object are left", async () => {
    const { worker, sent } = workerCapturingJobs();
    const { owner, made } = await owned(worker);
    const images = Array.from({ length: 6 }, () => createImage());
    const answers = await Promise.all(images.map((image) => upload(owner, made, image)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status !== 204 && status !== 409)).toEqual([]);
    expect(statuses).toContain(204);
    const { bytes } = await download(owner, made);
    expect(images.filter((_, at) => statuses[at] === 204)).toContainEqual(bytes);
    await deliverJobs(sent);
    expect(await storedKeys(made)).toEqual([await currentLogoKey(made)]);
  });
});
