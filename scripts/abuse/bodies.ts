import { Raw } from "./hostile.ts";

export interface Content {
  readonly content: Uint8Array;
  readonly type: string;
}

const boundary = "----abuse";

/** JSON, but for the raw texts in it. */
export function jsonText(value: unknown): string {
  const raws: string[] = [];
  const text = JSON.stringify(value, (_, inner: unknown) => {
    if (!(inner instanceof Raw)) return inner;
    raws.push(inner.text);
    return `@@raw ${raws.length - 1}@@`;
  });
  return text.replaceAll(/"@@raw (\d+)@@"/g, (_, place: string) => raws[Number(place)] ?? "");
}

export function json(value: unknown): Content {
  return { content: Buffer.from(jsonText(value)), type: "application/json" };
}

/** The fields of an object as a browser's form sends them. */
export function form(fields: Readonly<Record<string, unknown>>): Content {
  const pairs = Object.entries(fields).flatMap(([name, value]) =>
    [value].flat().map((one) => `${encodeURIComponent(name)}=${encode(plain(one))}`),
  );
  return { content: Buffer.from(pairs.join("&")), type: "application/x-www-form-urlencoded" };
}

export function multipart(fields: readonly (readonly [name: string, value: unknown])[]): Content {
  const parts = fields.flatMap(([name, value]) => {
    const file = value instanceof Uint8Array;
    const named = `name="${name}"${file ? '; filename="logo.png"\r\nContent-Type: image/png' : ""}`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; ${named}\r\n\r\n`;
    return [Buffer.from(head), file ? value : Buffer.from(plain(value)), Buffer.from("\r\n")];
  });
  const content = Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
  return { content, type: `multipart/form-data; boundary=${boundary}` };
}

/** Percent-encoded as UTF-8; half a surrogate pair becomes bytes that are no UTF-8. */
export function encode(text: string): string {
  return [...text]
    .map((character) => (character.isWellFormed() ? encodeURIComponent(character) : "%ED%A0%80"))
    .join("");
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : jsonText(value);
}
