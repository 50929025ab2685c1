import type { AppContext } from "../app-env.ts";
import { parseJson } from "../python-json-errors.ts";
import { MalformedBody } from "./errors.ts";
import { InvalidRequest } from "./validation.ts";

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
  const { message, position } = result.fault;
  throw new InvalidRequest([
    {
      type: "json_invalid",
      loc: ["body", position],
      msg: "JSON decode error",
      input: {},
      ctx: { error: message },
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
