const boundary = "----fuzz";

/** Encodes the fields of a body as the content type says. Unlike FormData, the same fields give the same bytes. */
export function encodeBody(type: string, body: unknown): { readonly type: string; readonly content: Buffer } {
  const fields = Object.entries(Object(body) as Record<string, unknown>);
  if (type === "application/x-www-form-urlencoded") {
    const pairs = fields.flatMap(([name, value]) => [value].flat().map((item) => `${name}=${encode(item)}`));
    return { type, content: Buffer.from(pairs.join("&")) };
  }
  if (type === "multipart/form-data") {
    const parts = fields.flatMap(([name, value]) => {
      const isFile = value instanceof Uint8Array;
      const fileHeaders = isFile ? '; filename="logo.png"\r\nContent-Type: image/png' : "";
      const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${fileHeaders}\r\n\r\n`;
      return [Buffer.from(head), isFile ? value : Buffer.from(textOf(value)), Buffer.from("\r\n")];
    });
    const content = Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
    return { type: `${type}; boundary=${boundary}`, content };
  }
  return { type, content: Buffer.from(textOf(body)) };
}

/** Percent-encodes a value for a path, a query or a form. */
export function encode(value: unknown): string {
  return encodeURIComponent(textOf(value).toWellFormed());
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
