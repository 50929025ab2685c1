import { z } from "@hono/zod-openapi";
import { X509Certificate } from "node:crypto";

import { isPublicHttps } from "../../domain/url.ts";
import { text } from "../fastapi/fields.ts";
import { valueError } from "../fastapi/validation.ts";
import { lazy, withMetadata } from "../schema.ts";

/** Longest certificate taken, in characters: the largest seen in the field are under 10,000. */
const certificateLength = 20_000;

/** Single sign-on of an account, as it is written. */
export const samlBody = lazy(() =>
  withMetadata(
    z.object({
      domain: text({
        min: 1,
        max: 253,
        description: "The mail domain whose users sign in here.",
        example: "acme.example",
      }),
      sso_url: text({
        max: 2048,
        refuse: (value) =>
          isPublicHttps(value)
            ? undefined
            : valueError("The address must be https and name a host on the Internet."),
        description: "Where users are sent to sign in; https.",
        format: "uri",
        example: "https://idp.acme.example/sso",
      }),
      entity_id: text({
        min: 1,
        max: 1024,
        description: "The identity provider's name.",
        example: "https://idp.acme.example",
      }),
      x509_cert: text({
        max: certificateLength,
        lines: true,
        refuse: (value) =>
          isCertificate(value) ? undefined : valueError("This is not an X.509 certificate."),
        description: "The provider's X.509 certificate: PEM, or base64 of its DER.",
      }),
    }),
    { description: "Single sign-on of the account." },
  ),
);

/**
 * Whether a text is one X.509 certificate and nothing else; parsed by the platform, which follows
 * RFC 5280. A private key beside it is no certificate: it would be shown to every owner.
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
