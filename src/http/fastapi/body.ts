import type { AppContext } from "../app-env.ts";
import { BodyTooLarge, parseJson } from "../request.ts";
import { InvalidRequest } from "./validation.ts";

/** Thrown for a body that is not UTF-8. */
export class MalformedBody extends Error {
  override readonly name = "MalformedBody";
}

/** Thrown for a multipart body that cannot be parsed. */
export class MalformedForm extends Error {
  override readonly name = "MalformedForm";
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/**
 * Returns the body as FastAPI reads it: JSON if the media type is JSON, else plain text (FastAPI's
 * `strict_content_type`). Returns undefined for an empty body and for `null`. Throws `InvalidRequest`
 * for malformed JSON, and `MalformedBody`.
 */
export async function readBody(c: AppContext): Promise<unknown> {
  const bytes = c.get("body");
  if (bytes.byteLength === 0) return undefined;
  const text = decode(bytes);
  if (!isJson(c.req.header("Content-Type"))) return text;
  const result = parseJson(text);
  if ("value" in result) return result.value ?? undefined;
  const { reason, position } = result.error;
  const loc = ["body", position];
  const issue = { type: "json_invalid", loc, msg: "JSON decode error", input: {}, ctx: { error: reason } };
  throw new InvalidRequest([issue], "malformed_body");
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new MalformedBody();
  }
}

function isJson(mediaType: string | undefined): boolean {
  return /^application\/(?:[\w.+-]+\+)?json$/i.test(mediaType?.split(";", 1)[0]?.trim() ?? "");
}

/** The bytes of an uploaded file. Its declared name and type are dropped, since they cannot be trusted. */
export class UploadedFile {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
  /** Validation errors show the file as null. */
  toJSON(): null {
    return null;
  }
}

/**
 * Returns the fields of a multipart body; repeated fields as a list. An empty body, or one of another
 * media type, has no fields. Throws `MalformedForm`, and `BodyTooLarge` for a file above `maxFileBytes`.
 */
export async function readForm(c: AppContext, maxFileBytes: number): Promise<unknown> {
  const contentType = c.req.header("Content-Type") ?? "";
  const isForm = /^multipart\/form-data\s*(?:;|$)/i.test(contentType.trim());
  if (!isForm || c.get("body").length === 0) return {};
  const fields = new Map<string, (string | UploadedFile)[]>();
  for (const [name, part] of await parseForm(c.get("body"), contentType)) {
    if (typeof part !== "string" && part.size > maxFileBytes) throw new BodyTooLarge(maxFileBytes);
    const value = typeof part === "string" ? part : new UploadedFile(await part.bytes());
    const others = fields.get(name);
    if (others === undefined) fields.set(name, [value]);
    else others.push(value);
  }
  return Object.fromEntries(
    [...fields].map(([name, values]) => [name, values.length > 1 ? values : values[0]]),
  );
}

/** Throws `BodyTooLarge` if a file is too large. Other errors of the form are reported later. */
export async function checkFileSizes(c: AppContext, maxFileBytes: number): Promise<void> {
  if (c.get("body").length <= maxFileBytes) return;
  await readForm(c, maxFileBytes).catch((error: unknown) => {
    if (error instanceof BodyTooLarge) throw error;
  });
}

async function parseForm(bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<FormData> {
  try {
    return await new Response(bytes, { headers: { "Content-Type": contentType } }).formData();
  } catch {
    throw new MalformedForm();
  }
}
