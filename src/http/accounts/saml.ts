import { z } from "@hono/zod-openapi";
import { X509Certificate } from "node:crypto";

import { isPublicHttps } from "../../domain/url.ts";
import { text } from "../fastapi/fields.ts";
import { valueError } from "../fastapi/validation.ts";
import { lazy, withMetadata } from "../schema.ts";

/** Maximum length of a certificate, in characters; the largest known ones have less than 10,000. */
const certificateLength = 20_000;

/** Single sign-on settings of an account. */
export const samlBody = lazy(() =>
  withMetadata(
    z.object({
      domain: text({
        min: 1,
        max: 253,
        description: "E-mail domain of the users who sign in with single sign-on.",
        example: "acme.example",
      }),
      sso_url: text({
        max: 2048,
        check: (value) =>
          isPublicHttps(value) ? undefined : valueError("The URL must use https and a public host name."),
        description: "URL of the identity provider's sign-in page. Must use https.",
        format: "uri",
        example: "https://idp.acme.example/sso",
      }),
      entity_id: text({
        min: 1,
        max: 1024,
        description: "Entity id of the identity provider.",
        example: "https://idp.acme.example",
      }),
      x509_cert: text({
        max: certificateLength,
        lines: true,
        check: (value) =>
          isCertificate(value) ? undefined : valueError("This is not an X.509 certificate."),
        description: "X.509 certificate of the identity provider, as PEM or base64-encoded DER.",
      }),
    }),
    { description: "SAML single sign-on settings." },
  ),
);

/**
 * Returns whether the text is exactly one X.509 certificate (RFC 5280). A text with a private key is
 * refused, since every owner could read it.
 */
function isCertificate(value: string): boolean {
  const trimmed = value.trim();
  const inner = /^-----BEGIN CERTIFICATE-----([\sA-Za-z0-9+/=]+)-----END CERTIFICATE-----$/.exec(trimmed);
  const base64 = (inner?.[1] ?? trimmed).replaceAll(/\s+/g, "");
  try {
    const der = Uint8Array.fromBase64(base64);
    return new X509Certificate(der).raw.byteLength === der.byteLength;
  } catch {
    return false;
  }
}
