import type { AppContext } from "../app-env.ts";
import { parseJson } from "../request.ts";
import { RequestError } from "./errors.ts";

/** The media types a body is read from, as the framework's default parsers. */
export const mediaTypes = [
  "application/json",
  "application/x-www-form-urlencoded",
  "multipart/form-data",
] as const;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** Fields of which a form gives each value by itself. */
const listFields = new Set(["groups"]);

/** Fields that are not required and have no empty value: a page's form, which sends them all, leaves them out so. */
export const omittedByEmpty = ["usage", "role", "consent_given", "is_active"];

/**
 * The values of a body: JSON, or the fields of a form, the last where one is given twice. No body
 * at all is an empty object. Throws RequestRefused, 415 for another media type and 400 for one
 * that cannot be read.
 */
export async function readBody(c: AppContext): Promise<unknown> {
  const bytes = c.get("body");
  if (bytes.byteLength === 0) return {};
  const contentType = c.req.header("Content-Type") ?? "";
  const type = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type === "application/json") return readJson(bytes);
  if (mediaTypes.some((known) => known === type)) return readForm(bytes, type, contentType);
  throw new RequestError(415, `Unsupported media type "${contentType}" in request.`);
}

function readJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new RequestError(400, "JSON parse error - the body is not UTF-8");
  }
  const result = parseJson(text);
  if ("value" in result) return result.value;
  const { reason, line, column, position } = result.error;
  throw new RequestError(
    400,
    `JSON parse error - ${reason}: line ${line} column ${column} (char ${position})`,
  );
}

async function readForm(bytes: Uint8Array<ArrayBuffer>, type: string, contentType: string): Promise<unknown> {
  const values = Object.create(null) as Record<string, unknown>;
  // Not Response.formData(): the platform's drops a percent sign that begins no escape.
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
    throw new RequestError(400, "Multipart form parse error - Invalid boundary or part in multipart");
  }
}
