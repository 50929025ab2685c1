import type { AppContext } from "../app-env.ts";
import { parseJson } from "../request.ts";
import { RequestError } from "./errors.ts";

/** Media types of bodies: those of the framework's default parsers. */
export const mediaTypes = [
  "application/json",
  "application/x-www-form-urlencoded",
  "multipart/form-data",
] as const;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** Fields that a form repeats, once per value. */
const listFields = new Set(["groups"]);

/** Optional fields without an empty value. An HTML form sends every field, so an empty one means omitted. */
export const omittedByEmpty = ["usage", "role", "consent_given", "is_active"];

/**
 * Returns the parsed body: JSON, or the fields of a form, where the last value of a repeated field
 * wins. An empty body is an empty object. Throws `RequestError`.
 */
export async function readBody(c: AppContext): Promise<unknown> {
  const bytes = c.get("body");
  if (bytes.byteLength === 0) return {};
  const contentType = c.req.header("Content-Type") ?? "";
  const type = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type === "application/json") return readJson(bytes);
  if (mediaTypes.some((known) => known === type)) return readForm(bytes, type, contentType);
  throw new RequestError("unsupported_media_type", `Unsupported media type "${contentType}" in request.`);
}

function readJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new RequestError("malformed_body", "JSON parse error - the body is not UTF-8");
  }
  const result = parseJson(text);
  if ("value" in result) return result.value;
  const { reason, line, column, position } = result.error;
  throw new RequestError(
    "malformed_body",
    `JSON parse error - ${reason}: line ${line} column ${column} (char ${position})`,
  );
}

async function readForm(bytes: Uint8Array<ArrayBuffer>, type: string, contentType: string): Promise<unknown> {
  const values = Object.create(null) as Record<string, unknown>;
  // Response.formData() of the platform would drop a percent sign that begins no escape.
  const form = type.endsWith("urlencoded")
    ? new URLSearchParams(new TextDecoder().decode(bytes))
    : await readMultipart(bytes, contentType);
  for (const [name, value] of form) values[name] = listFields.has(name) ? form.getAll(name) : value;
  for (const name of omittedByEmpty) if (values[name] === "") delete values[name];
  return values;
}

async function readMultipart(bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<FormData> {
  try {
    return await new Response(bytes, { headers: { "Content-Type": contentType } }).formData();
  } catch {
    throw new RequestError(
      "malformed_body",
      "Multipart form parse error - Invalid boundary or part in multipart",
    );
  }
}
