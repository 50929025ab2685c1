/** Uploads, downloads and stores logos. */
import { env, exports } from "cloudflare:workers";

import type { Env } from "../../src/env.ts";
import { delayedQueue } from "./cost-meter.ts";
import { queryRow, runStatements } from "./database.ts";
import {
  type ApiResponse,
  type Caller,
  type RequestOptions,
  type TestAccount,
  type Fetch,
} from "./fixtures.ts";
import { bytes, ihdr, pixels, pngChunk, pngOf } from "./images.ts";
import { workerWith } from "./worker.ts";

export function logoPath({ slug, id }: Pick<TestAccount, "slug" | "id">, accountId = id): string {
  return `/api/v1/account/${slug}/logo.png?account_id=${accountId}`;
}

/** Creates a PNG that no other test has. */
export function createImage(size = 0): Uint8Array<ArrayBuffer> {
  const text = pngChunk("tEXt", bytes(`Comment\0${crypto.randomUUID()}`, new Uint8Array(size).fill(120)));
  return Uint8Array.from(pngOf(ihdr(), text, pngChunk("IDAT", pixels()), pngChunk("IEND")));
}

/** Returns a form with a file of these bytes. */
export function formWith(content: Uint8Array, name = "logo.png", type = "image/png"): FormData {
  const form = new FormData();
  form.append("file", new File([content], name, { type }));
  return form;
}

/** Uploads an account's logo. */
export function upload(
  caller: Caller,
  of: TestAccount,
  content: Uint8Array,
  headers: Record<string, string> = {},
): Promise<ApiResponse> {
  return caller.patch(logoPath(of), undefined, { raw: formWith(content), headers });
}

/** Sends a multipart body unchanged. */
export function sendMultipart(
  caller: Caller,
  of: TestAccount,
  raw: BodyInit,
  contentType = "multipart/form-data; boundary=b",
  headers: Record<string, string> = {},
): Promise<ApiResponse> {
  return caller.patch(logoPath(of), undefined, { raw, headers: { "Content-Type": contentType, ...headers } });
}

/** Returns a part of a multipart body with the boundary `b`. */
export function part(headers: string, content: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes(`--b\r\n${headers}\r\n\r\n`, content, "\r\n"));
}

/** Returns a multipart body with the boundary `b`. */
export function multipart(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes(...parts, "--b--\r\n"));
}

export interface Download extends ApiResponse {
  readonly bytes: Uint8Array;
}

/** Downloads an account's logo as bytes. */
export async function download(
  caller: Caller,
  of: TestAccount,
  options: RequestOptions & { readonly method?: string; readonly worker?: Fetch } = {},
): Promise<Download> {
  const { method = "GET", worker = (request: Request) => exports.default.fetch(request) } = options;
  let received = new Uint8Array();
  const reading = caller.via(async (request) => {
    const response = await worker(request);
    received = new Uint8Array(await response.clone().arrayBuffer());
    return response;
  });
  const answer = await reading.send(method, logoPath(of), undefined, options);
  return { ...answer, bytes: received };
}

/** Stores a logo in the bucket and the database without the service. Returns its hash. */
export async function storeLogo(of: TestAccount, content: Uint8Array = createImage()): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", content)).toHex();
  const uploaded = crypto.randomUUID();
  await env.LOGOS.put(`accounts/${of.id}/${hash}/${uploaded}`, content);
  await runStatements([
    "UPDATE accounts SET logo_hash = ?, logo_type = 'image/png', logo_upload = ? WHERE uuid = ?",
    hash,
    uploaded,
    of.id,
  ]);
  return hash;
}

/** Returns the keys of all stored objects of an account. */
export async function storedKeys({ id }: TestAccount): Promise<string[]> {
  const { objects } = await env.LOGOS.list({ prefix: `accounts/${id}/` });
  return objects.map(({ key }) => key);
}

/** Returns the object key of an account's logo; undefined without a logo. */
export async function currentLogoKey({ id }: TestAccount): Promise<string | undefined> {
  const found = await queryRow(
    "SELECT 'accounts/' || uuid || '/' || logo_hash || '/' || logo_upload AS key FROM accounts WHERE uuid = ?",
    id,
  );
  const key = found?.["key"];
  return typeof key === "string" ? key : undefined;
}

/** Returns the bucket with some methods replaced. */
export function logosWith(change: Partial<Record<keyof R2Bucket, unknown>>): R2Bucket {
  return new Proxy(env.LOGOS, {
    get(target, name) {
      if (Object.hasOwn(change, name)) return change[name as keyof R2Bucket];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Returns the bucket with some methods that fail. */
export function logosWithout(...methods: (keyof R2Bucket)[]): R2Bucket {
  const fails = () => Promise.reject(new Error("out of order"));
  return logosWith(Object.fromEntries(methods.map((method) => [method, fails])));
}

/** Returns a worker whose queue only records its jobs. The test delivers them. */
export function workerCapturingJobs(change: Partial<Env> = {}): { worker: Fetch; sent: unknown[] } {
  const sent: unknown[] = [];
  const queue: Queue = {
    ...delayedQueue,
    send: async (message) => {
      sent.push(message);
      return { metadata: { metrics: await env.JOBS.metrics() } };
    },
  };
  return { worker: workerWith({ JOBS: queue, ...change }), sent };
}
