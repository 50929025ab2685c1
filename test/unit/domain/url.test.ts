import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { isPublicHttps } from "../../../src/domain/url.ts";

describe("a public https URL", () => {
  it.each([
    "https://example.com",
    "https://example.com/",
    "HTTPS://EXAMPLE.COM/",
    "https://example.com:443/",
    "https://example.com:8443/a/b?c=d#e",
    "https://example.com./",
    "https://a.b.c.example.co.uk/x",
    "https://müller.example/",
    "https://xn--mller-kva.example/",
    "https://例え.テスト/",
    "https://localhost.example.com/",
    "https://local.example.com/",
    "https://internal.example.com/",
    "https://mylocalhost.com/",
    "https://notlocal.dev/",
    "https://arpa.example/",
    "https://1.example.com/",
    "https://1.2.3.4.example/",
    "https://example.com/?next=http://localhost/",
    "https://example.com/@localhost",
    `https://example.com/${"x".repeat(5000)}`,
  ])("a public https URL is accepted: %s", (address) => {
    expect(isPublicHttps(address)).toBe(true);
  });

  it.each([
    "",
    "x",
    "example.com",
    "//example.com/",
    "/x",
    "http://example.com/",
    "ftp://example.com/",
    "wss://example.com/",
    "javascript:alert(1)",
    "data:text/html,x",
    "blob:https://example.com/x",
    "view-source:https://example.com/",
    "https://",
    "https:///",
    "https://?x",
    "https://user@example.com/",
    "https://user:secret@example.com/",
    "https://:secret@example.com/",
    "https://example.com:99999/",
    "https://exa mple.com/",
    " https://example.com/",
    "https://example.com/ ",
    "https://example.com/a b",
    "https://example.com/\n",
    "https://exam\tple.com/",
    "https://example",
    "https://intranet/",
    "https://com./",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://0/",
    "https://2130706433/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://10.0.0.1/",
    "https://8.8.8.8/",
    "https://8.8.8.8./",
    "https://169.254.169.254/latest/meta-data",
    "https://１２７.0.0.1/",
    "https://127。0。0。1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[2606:4700::1111]/",
    "https://[fe80::1%25eth0]/",
    "https://localhost/",
    "https://localhost./",
    "https://LOCALHOST/",
    "https://a.localhost/",
    "https://printer.local/",
    "https://PRINTER.LOCAL./",
    "https://vault.internal/",
    "https://router.home.arpa/",
    "https://metadata.google.internal/",
    "https://ｌｏｃａｌｈｏｓｔ/",
    "https://a.loc\u00adalhost/",
    "https://a.localhost../",
  ])("a public https URL is rejected: %j [R65]", (address) => {
    expect(isPublicHttps(address)).toBe(false);
  });

  it("a public https URL has no IP address, in any spelling [R65]", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV4Extended(),
          fc.ipV6().map((address) => `[${address}]`),
        ),
        (host) => {
          expect(isPublicHttps(`https://${host}/`)).toBe(false);
        },
      ),
    );
  });

  it("a public https URL is checked without an error for any text", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.string().map((text) => `https://${text}`),
        ),
        (text) => {
          const accepted = isPublicHttps(text);
          if (accepted) expect(new URL(text).protocol).toBe("https:");
        },
      ),
    );
  });
});
