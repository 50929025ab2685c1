import type { JWTPayload } from "jose";
import { DomainError } from "../domain/errors.ts";
import type { Identity } from "../domain/identity.ts";
import { validateText } from "../domain/text.ts";
import { isPublicHttps } from "../domain/url.ts";
import { emailLength, normalizeEmail } from "../domain/user.ts";
import type { Issuer } from "./issuers.ts";

/** Seconds by which clocks may differ. */
export const leeway = 60;

const lastSecond = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000;
const subjectLength = 255;
const textLength = 300;
const pictureLength = 2048;

/**
 * Reads the claims of a token whose signature, `iss`, `aud`, `nbf` and `exp` have been verified at
 * `now`, in seconds. Throws `token_invalid` when `sub`, `iat` or `exp` is not usable; other claims
 * that are not are left out.
 */
export function readIdentity(issuer: Issuer, claims: JWTPayload, now: number): Identity {
  const email = readText(claims["email"], emailLength);
  const verified = issuer.trustEmail && claims["email_verified"] === true;
  return {
    issuer: issuer.issuer,
    subject: readSubject(claims.sub),
    issuedAt: claims.iat === undefined ? 0 : readTime(claims.iat, now + leeway),
    expiresAt: readTime(claims.exp, lastSecond),
    email,
    verifiedEmail: verified && email !== undefined ? normalizeEmail(email) : undefined,
    name: readText(claims["name"], textLength),
    givenName: readText(claims["given_name"], textLength),
    familyName: readText(claims["family_name"], textLength),
    picture: readPicture(claims["picture"]),
    locale: readText(claims["locale"], textLength),
  };
}

/** Two subjects that are not well-formed could become one in the database, so none is accepted. */
function readSubject(value: unknown): string {
  const subject = readText(value, subjectLength);
  if (subject === undefined) throw new DomainError("token_invalid");
  return subject;
}

function readTime(value: unknown, latest: number): number {
  if (typeof value !== "number" || !(value >= 0 && value <= latest)) throw new DomainError("token_invalid");
  return Math.floor(value);
}

function readText(value: unknown, longest: number): string | undefined {
  if (typeof value !== "string" || value.trim() === "" || value.length > longest) return undefined;
  return validateText(value) ? undefined : value;
}

function readPicture(value: unknown): string | undefined {
  const picture = readText(value, pictureLength);
  return picture !== undefined && isPublicHttps(picture) ? picture : undefined;
}
