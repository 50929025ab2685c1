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
 * The body of a request as FastAPI reads it: JSON where the media type says so, plain text of any
 * other type or none (its `strict_content_type`). Undefined for no body and for `null`. Throws InvalidRequest for
 * broken JSON.
 */
export async function readBody(c: AppContext): Promise<unknown> {
  const bytes = c.get("body");
  if (bytes.byteLength === 0) return undefined;
  const text = decode(bytes);
  if (!isJson(c.req.header("Content-Type"))) return text;
  const result = parseJson(text);
  if ("value" in result) return result.value ?? undefined;
  const { reason, position } = result.error;
  throw new InvalidRequest([
    {
      type: "json_invalid",
      loc: ["body", position],
      msg: "JSON decode error",
      input: {},
      ctx: { error: reason },
    },
  ]);
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

/** A file as it was uploaded. The name and type sent with it are dropped: nothing may rely on them. */
export class UploadedFile {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
  /** What is shown of it where a refusal tells its input. */
  toJSON(): null {
    return null;
  }
}

/**
 * The fields of a multipart body, in a list where there are several of a name. A body of another
 * media type has none, and so has an empty one. Throws BrokenForm, and BodyTooLarge for a file
 * that is.
 */
export async function readForm(c: AppContext, largestFile: number): Promise<unknown> {
  const contentType = c.req.header("Content-Type") ?? "";
  const isForm = /^multipart\/form-data\s*(?:;|$)/i.test(contentType.trim());
  if (!isForm || c.get("body").length === 0) return {};
  const fields = new Map<string, (string | UploadedFile)[]>();
  for (const [name, part] of await parseForm(c.get("body"), contentType)) {
    if (typeof part !== "string" && part.size > largestFile) throw new BodyTooLarge(largestFile);
    const value = typeof part === "string" ? part : new UploadedFile(await part.bytes());
    const others = fields.get(name);
    if (others === undefined) fields.set(name, [value]);
    else others.push(value);
  }
  return Object.fromEntries(
    [...fields].map(([name, values]) => [name, values.length > 1 ? values : values[0]]),
  );
}

/** Throws BodyTooLarge for a form with a file in it that is; what else is wrong with it is told later. */
export async function checkFileSizes(c: AppContext, largestFile: number): Promise<void> {
  if (c.get("body").length <= largestFile) return;
  await readForm(c, largestFile).catch((error: unknown) => {
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
