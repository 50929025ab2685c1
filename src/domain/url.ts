/**
 * Whether a text is an https URL with a public host name: no IP address, and no name of this machine or
 * the local network. Such URLs are stored, never fetched.
 */
export function isPublicHttps(text: string): boolean {
  const url = /\s/.test(text) ? null : URL.parse(text);
  if (url === null || url.protocol !== "https:" || url.username !== "" || url.password !== "") return false;
  const host = url.hostname.toLowerCase().replace(/\.+$/, "");
  const literal = host.startsWith("[") || /^[\d.]+$/.test(host);
  const local = /(?:^|\.)(?:localhost|local|internal|home\.arpa)$/.test(host);
  return !literal && !local && host.includes(".");
}
