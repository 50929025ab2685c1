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

/** Returns whether a URL is one of this machine: localhost, a name under it, 127.0.0.1 or [::1]. */
export function isLocalhost({ hostname }: URL): boolean {
  return /^(?:(?:.+\.)?localhost|127\.0\.0\.1|\[::1\])$/.test(hostname);
}

/** Returns whether nobody on the network can read what is sent to a URL: it is https, or http of this machine. */
export function isSecureUrl(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && isLocalhost(url));
}
