/**
 * Whether a text is an https address that names a host on the Internet: a name rather than an IP
 * address, and not one that means this machine or this network. It is stored, never fetched.
 */
export function isPublicHttps(text: string): boolean {
  const url = /\s/.test(text) ? null : URL.parse(text);
  if (url === null || url.protocol !== "https:" || url.username !== "" || url.password !== "") return false;
  const host = url.hostname.toLowerCase().replace(/\.+$/, "");
  const literal = host.startsWith("[") || /^[\d.]+$/.test(host);
  const local = /(?:^|\.)(?:localhost|local|internal|home\.arpa)$/.test(host);
  return !literal && !local && host.includes(".");
}
