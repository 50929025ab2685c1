import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { delayedQueue } from "../../support/cost-meter.ts";
import {
  addMember,
  type Caller,
  createAccount,
  createUser,
  type TestAccount,
} from "../../support/fixtures.ts";
import {
  createImage,
  currentLogoKey,
  download,
  logoPath,
  logosWith,
  logosWithout,
  storedKeys,
  storeLogo,
  upload,
  workerCapturingJobs,
} from "../../support/logos.ts";
import { deliverJobs, jobDone, jobRetried, runCron } from "../../support/queue-and-cron.ts";
import { failingDatabase, workerWith } from "../../support/worker.ts";

const unavailable = [503, { detail: "The logo storage is unavailable. Try again." }];
const step = 5 * 60 * 1000;
const day = 24 * 60 * 60 * 1000;

let errors: unknown[] = [];
beforeEach(() => {
  errors = [];
  vi.spyOn(console, "error").mockImplementation((line) => errors.push(line));
});
afterEach(() => vi.restoreAllMocks());

async function owned(): Promise<{ owner: Caller; made: TestAccount; sent: unknown[] }> {
  const { worker, sent } = workerCapturingJobs();
  const owner = (await createUser()).via(worker);
  return { owner, made: await createAccount(owner), sent };
}

/** Returns the next time at which the scheduled task checks this account's logos. */
function turnOf({ id }: TestAccount, after: number): number {
  const part = Number.parseInt(id.slice(0, 2), 16);
  const slot = Math.ceil(after / step);
  return (slot + ((part - (slot % 256) + 256) % 256)) * step;
}

describe("unavailable logo storage [R68]", () => {
  it.each(["put", "get", "head", "delete", "list"] as const)(
    "a failing %s is answered 503 [R68]",
    async (method) => {
      const { owner, made } = await owned();
      const image = createImage();
      await storeLogo(made, image);
      const down = owner.via(workerWith({ LOGOS: logosWithout(method), JOBS: delayedQueue }));

      const loaded = await down.get(logoPath(made));
      expect(loaded.status).toBe(method === "get" ? 503 : 200);
      const headed = await down.send("HEAD", logoPath(made));
      expect(headed.status).toBe(method === "head" ? 503 : 200);
      const replaced = await upload(down, made, createImage());
      expect(replaced.status).toBe(method === "put" ? 503 : 204);
      for (const { status, body, headers } of [loaded, replaced].filter((one) => one.status === 503)) {
        expect([status, body]).toEqual(unavailable);
        expect(headers.get("Retry-After")).toBe("1");
        expect(errors).toContainEqual({
          event: "dependency_unavailable",
          requestId: headers.get("X-Request-Id"),
          operation: expect.any(String) as unknown,
          error: "logo_storage_unavailable",
          reason: "Error",
        });
      }
      if (method === "put") expect((await download(owner, made)).bytes).toEqual(image);
      // Everything without logos still works.
      const tag = (await owner.get(logoPath(made))).headers.get("ETag") ?? "";
      expect((await down.get(logoPath(made), { headers: { "If-None-Match": tag } })).status).toBe(304);
      expect((await down.get(`/api/v1/account/${made.slug}`)).status).toBe(200);
      expect((await down.get(`/accounts/organizations/${made.id}/`)).body.logo_url).toContain(logoPath(made));
      expect((await down.patch(`/api/v1/account/${made.slug}`, { title: "Another" })).status).toBe(200);
      expect((await down.delete(logoPath(made))).status).toBe(204);
      expect((await down.delete(`/api/v1/account/${made.slug}`)).status).toBe(204);
    },
  );

  it("the job that deletes a previous logo is retried", async () => {
    const { owner, made, sent } = await owned();
    await upload(owner, made, createImage());
    await upload(owner, made, createImage());
    expect(await deliverJobs(sent, { LOGOS: logosWithout("delete") })).toEqual(jobRetried);
    expect(await deliverJobs(sent, { DB: failingDatabase(() => true, new Error("out of order")) })).toEqual(
      jobRetried,
    );
    expect(await storedKeys(made)).toHaveLength(2);
    expect(await deliverJobs(sent, {}, 2)).toEqual(jobDone);
    expect(await storedKeys(made)).toEqual([await currentLogoKey(made)]);
  });
});

describe("interrupted uploads", () => {
  it("an upload refused by the database changes nothing and leaves no object", async () => {
    const { owner, made } = await owned();
    const image = createImage();
    await upload(owner, made, image);
    const member = await createUser();
    await addMember(made, member, "AOWNER");
    // The role is lost while the content is uploaded.
    const LOGOS = logosWith({
      put: async (key: string, content: Uint8Array, options: R2PutOptions) => {
        const { id } = (await member.get("/api/v1/user")).body;
        await owner.patch(`/api/v1/account/${made.slug}/users`, { add: [{ id, role: "AMEMBER" }] });
        return env.LOGOS.put(key, content, options);
      },
    });
    const late = await upload(member.via(workerWith({ LOGOS })), made, createImage());
    expect(late.status).toBe(403);
    expect((await download(owner, made)).bytes).toEqual(image);
    expect(await storedKeys(made)).toEqual([await currentLogoKey(made)]);
  });

  it("an upload that loses a race is repeated", async () => {
    const { owner, made, sent } = await owned();
    const [first, second] = [createImage(), createImage()];
    let came = false;
    const LOGOS = logosWith({
      put: async (key: string, content: Uint8Array, options: R2PutOptions) => {
        if (!came) {
          came = true;
          expect((await upload(owner, made, first)).status).toBe(204);
        }
        return env.LOGOS.put(key, content, options);
      },
    });
    const { worker, sent: later } = workerCapturingJobs({ LOGOS });
    expect((await upload(owner.via(worker), made, second)).status).toBe(204);
    expect((await download(owner, made)).bytes).toEqual(second);
    await deliverJobs([...sent, ...later]);
    expect(await storedKeys(made)).toEqual([await currentLogoKey(made)]);
  });

  it("an upload with an unknown outcome is left to the cleanup", async () => {
    const { owner, made } = await owned();
    const image = createImage();
    const lost = new Error("D1_ERROR: Network connection lost.");
    const DB = failingDatabase((sql) => sql.startsWith('update "accounts"'), lost);
    const { worker } = workerCapturingJobs({ DB });
    const failed = await upload(owner.via(worker), made, image);
    expect([failed.status, failed.headers.get("Retry-After")]).toEqual([503, "1"]);
    expect(await currentLogoKey(made)).toBe(undefined);
    expect(await storedKeys(made)).toHaveLength(1);

    expect((await upload(owner, made, image)).status).toBe(204);
    expect(await storedKeys(made)).toHaveLength(2);
    await runCron(turnOf(made, Date.now() + day + step));
    expect(await storedKeys(made)).toEqual([await currentLogoKey(made)]);
    expect((await download(owner, made)).bytes).toEqual(image);
  });

  it("an upload succeeds without the queue, and the cleanup deletes the previous logo", async () => {
    const { owner, made } = await owned();
    await upload(owner, made, createImage());
    const JOBS = { ...delayedQueue, send: () => Promise.reject(new Error("out of order")) };
    const deaf = owner.via(workerWith({ JOBS }));
    expect((await upload(deaf, made, createImage())).status).toBe(204);
    expect(errors).toEqual([{ event: "job_enqueue_failed", job: "delete-logo", error: "Error" }]);
    expect(await storedKeys(made)).toHaveLength(2);
    await runCron(turnOf(made, Date.now() + day + step));
    expect(await storedKeys(made)).toEqual([await currentLogoKey(made)]);
  });
});

describe("the deletion of an account", () => {
  it("deleting an account deletes its logos [R49]", async () => {
    const { owner, made, sent } = await owned();
    await upload(owner, made, createImage());
    await upload(owner, made, createImage());
    expect((await owner.delete(`/api/v1/account/${made.slug}`)).status).toBe(204);
    expect((await download(owner, made)).status).toBe(403);
    expect((await deliverJobs(sent.toReversed())).retried).toEqual([]);
    expect(await storedKeys(made)).toEqual([]);
  });

  it.each([
    { how: "which removes what it stored", change: {}, left: 0 },
    {
      how: "which cannot, so that the sweep does",
      change: { delete: () => Promise.reject(new Error("out")) },
      left: 1,
    },
  ])("a simultaneous upload leaves no object, $how [R49]", async ({ change, left }) => {
    const { owner, made, sent } = await owned();
    await upload(owner, made, createImage());
    const LOGOS = logosWith({
      put: async (key: string, content: Uint8Array, options: R2PutOptions) => {
        await owner.delete(`/api/v1/account/${made.slug}`);
        await deliverJobs(sent.splice(0));
        expect(await storedKeys(made)).toEqual([]);
        return env.LOGOS.put(key, content, options);
      },
      ...change,
    });
    const late = await upload(owner.via(workerWith({ LOGOS })), made, createImage());
    expect(late.status).toBe(403);
    expect(await storedKeys(made)).toHaveLength(left);
    await runCron(turnOf(made, Date.now() + day + step));
    expect(await storedKeys(made)).toEqual([]);
  });
});

describe("the cleanup of orphaned logos", () => {
  it("the cleanup deletes only unused objects older than a day, in steps", async () => {
    const { owner, made } = await owned();
    const image = createImage();
    await upload(owner, made, image);
    const key = await currentLogoKey(made);
    const orphans = Array.from({ length: 25 }, (_, at) => `accounts/${made.id}/${at}/${crypto.randomUUID()}`);
    for (const orphan of orphans) await env.LOGOS.put(orphan, "x");
    // A deleted account of the same part, one without a logo, and one of another part.
    const gone = { ...made, id: `${made.id.slice(0, 2)}${crypto.randomUUID().slice(2)}` };
    const other = { ...made, id: `${made.id.startsWith("0") ? "1" : "0"}${made.id.slice(1)}` };
    for (const { id } of [gone, other]) await env.LOGOS.put(`accounts/${id}/x/y`, "x");

    const young = turnOf(made, Date.now());
    if (young < Date.now() + day - step) await runCron(young);
    expect(await storedKeys(made)).toHaveLength(26);

    let pages = 0;
    const LOGOS = logosWith({
      list: (options: R2ListOptions) => {
        pages += 1;
        return env.LOGOS.list({ ...options, limit: 10 });
      },
    });
    await runCron(turnOf(made, Date.now() + day + step), { LOGOS });
    expect(pages).toBe(3);
    expect(await storedKeys(made)).toEqual([key]);
    expect(await storedKeys(gone)).toEqual([]);
    expect(await storedKeys(other)).toHaveLength(1);
    expect((await download(owner, made)).bytes).toEqual(image);
    await runCron(turnOf(other, Date.now() + day + step));
    expect(await storedKeys(other)).toEqual([]);
  });

  it("the cleanup checks every part within a day", async () => {
    const prefixes = new Set<unknown>();
    const LOGOS = logosWith({
      list: (options: R2ListOptions) => {
        prefixes.add(options.prefix);
        return env.LOGOS.list(options);
      },
    });
    const start = Date.now();
    for (let at = 0; at < day / step; at += 1) await runCron(start + at * step, { LOGOS });
    expect(prefixes.size).toBe(256);
    for (const prefix of prefixes) expect(prefix).toMatch(/^accounts\/[0-9a-f]{2}$/);
  });

  it("a failing cleanup stops no other scheduled task and runs again", async () => {
    const { owner, made } = await owned();
    await upload(owner, made, createImage());
    await env.LOGOS.put(`accounts/${made.id}/x/y`, "x");
    const turn = turnOf(made, Date.now() + day + step);
    for (const method of ["list", "delete"] as const) {
      const silent = vi.spyOn(console, "error").mockImplementation(() => undefined);
      await expect(runCron(turn, { LOGOS: logosWithout(method) })).rejects.toThrow(
        "Scheduled tasks failed: deleteOrphanedLogos.",
      );
      silent.mockRestore();
      expect(await storedKeys(made)).toHaveLength(2);
    }
    await runCron(turn + 256 * step);
    expect(await storedKeys(made)).toEqual([await currentLogoKey(made)]);
  });
});
