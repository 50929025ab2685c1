/**
 * Outages of each part of the platform: requests that need it get an error with Retry-After and change nothing, others
 * succeed, and the same request succeeds after the outage.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Env } from "../../../src/env.ts";
import { readAllRows } from "../../support/batches.ts";
import { delayedQueue, usageObjectsWith } from "../../support/cost-meter.ts";
import {
  type ApiResponse,
  type Caller,
  createAccount,
  createUser,
  type TestAccount,
  unique,
} from "../../support/fixtures.ts";
import { createImage, logoPath, logosWith, storeLogo, upload } from "../../support/logos.ts";
import { currentUsage, incrementPath } from "../../support/usage.ts";
import { failingDatabase, workerWith } from "../../support/worker.ts";

let isDown = false;
beforeEach(() => void vi.spyOn(console, "error").mockReturnValue());
afterEach(() => {
  isDown = false;
  vi.restoreAllMocks();
});

/** Calls a function unless the part is down. */
async function unlessDown<Result>(work: () => Promise<Result>): Promise<Result> {
  if (isDown) throw new Error("out of order");
  return work();
}

const limiter: RateLimit = { limit: () => unlessDown(async () => ({ success: true })) };
const database = (message: string) => ({ DB: failingDatabase(() => isDown, new Error(message)) });
const parts = {
  "an overloaded database": database("D1_ERROR: D1 DB is overloaded. Too many requests queued."),
  "a database that restarts": database(
    "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.",
  ),
  "usage objects out of reach": { USAGE: usageObjectsWith(unlessDown) },
  "a bucket that is down": {
    LOGOS: logosWith({
      put: (key: string, content: Uint8Array, options: R2PutOptions) =>
        unlessDown(() => env.LOGOS.put(key, content, options)),
      get: (key: string) => unlessDown(() => env.LOGOS.get(key)),
    }),
  },
  "a queue that refuses": {
    JOBS: {
      ...delayedQueue,
      send: (message, options) => unlessDown(() => delayedQueue.send(message, options)),
    } satisfies Queue,
  },
  "limiters that cannot be asked": {
    RATE_LIMITS: "on",
    LIMIT_PRINCIPAL: limiter,
    LIMIT_SLUGS: limiter,
    LIMIT_LOGIN_CALLER: limiter,
    LIMIT_LOGIN_ADDRESS: limiter,
  },
} satisfies Record<string, Partial<Env>>;

interface Request {
  readonly send: (owner: Caller, of: TestAccount) => Promise<ApiResponse>;
  readonly status: number;
  /** The parts it needs, and the response without them. */
  readonly without: Partial<Record<keyof typeof parts, number>>;
}

const noDatabase = { "an overloaded database": 503, "a database that restarts": 503 };
const requests: Record<string, Request> = {
  "reading an account": {
    send: (owner, { slug }) => owner.get(`/api/v1/account/${slug}`),
    status: 200,
    without: noDatabase,
  },
  "making an account": {
    send: (owner) => owner.post("/api/v1/accounts", { slug: unique("a") }),
    status: 201,
    without: noDatabase,
  },
  "changing an account": {
    send: (owner, { id }) => owner.patch(`/accounts/organizations/${id}/`, { name: unique("Name") }),
    status: 200,
    without: noDatabase,
  },
  "inviting somebody": {
    send: (owner, { slug }) =>
      owner.post(`/api/v1/account/${slug}/invite`, { email: `${unique("i")}@example.com` }),
    status: 200,
    without: noDatabase,
  },
  "counting usage": {
    send: (owner, of) => owner.post(incrementPath(of), { usage: 3 }),
    status: 200,
    without: { ...noDatabase, "usage objects out of reach": 503 },
  },
  "reading usage": {
    send: (owner, { id }) => owner.get(`/api/v1/account/${id}/usage?from=2026-01-01`),
    status: 200,
    without: { ...noDatabase, "usage objects out of reach": 503 },
  },
  "storing a logo": {
    send: (owner, of) => upload(owner, of, createImage()),
    status: 204,
    without: { ...noDatabase, "a bucket that is down": 503 },
  },
  "fetching a logo": {
    send: (owner, of) => owner.get(logoPath(of)),
    status: 200,
    without: { ...noDatabase, "a bucket that is down": 503 },
  },
  "asking where to sign in": {
    send: (owner) => owner.post("/accounts/login_url/", { email: owner.email }),
    status: 200,
    // Without a limit, a caller could try out addresses.
    without: { ...noDatabase, "limiters that cannot be asked": 429 },
  },
  "deleting an account": {
    send: (owner, { slug }) => owner.delete(`/api/v1/account/${slug}`),
    status: 204,
    without: noDatabase,
  },
};

describe.each(Object.entries(parts))("with %s", (part, change) => {
  // No job of one test runs while another compares all data.
  const worker = workerWith({ JOBS: delayedQueue, ...change });

  it.each(Object.entries(requests))(
    "%s has its documented status, and a rejected request changes nothing [R66, R67, R68]",
    async (_, { send, status, without }) => {
      const owner = (await createUser()).via(worker);
      const made = await createAccount(owner);
      await storeLogo(made);
      const refusal = without[part as keyof typeof parts];
      const before = [await readAllRows(), await currentUsage(made)];
      isDown = true;
      const answer = await send(owner, made);
      isDown = false;
      expect(answer.status).toBe(refusal ?? status);
      if (refusal === undefined) return;
      expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(0);
      expect(answer.body).toEqual({ detail: expect.any(String) });
      expect([await readAllRows(), await currentUsage(made)]).toEqual(before);
      expect((await send(owner, made)).status).toBe(status);
    },
  );
});
