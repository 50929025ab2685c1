import type { JWTPayload } from "jose";
import type { Identity } from "../domain/identity.ts";
import { normalizeNameLine, validateText } from "../domain/text.ts";
import { isPublicHttps } from "../domain/url.ts";
import { cutName, emailLength, fullNameLength, nameLength, normalizeEmail } from "../domain/user.ts";
import type { Issuer } from "./issuers.ts";
import { tokenInvalid } from "./token-error.ts";

/** Accepted difference between the clocks of issuer and service, in seconds. */
export const clockTolerance = 60;

/** The last second of the year 9999. */
const latestTime = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000;
const maxSubjectLength = 255;
const maxLocaleLength = 300;
const maxPictureLength = 2048;

/**
 * Reads the claims of a token whose signature, `iss`, `aud`, `nbf` and `exp` were verified at `now`, in
 * epoch seconds. Throws `token_invalid` if `sub`, `iat` or `exp` is invalid. Other invalid claims are
 * ignored.
 */
export function readIdentity(issuer: Issuer, claims: JWTPayload, now: number): Identity {
  const email = readText(claims["email"], emailLength);
  const verified =
    issuer.trustEmail && (claims["email_verified"] === true || claims["email_verified"] === "true");
  return {
    issuer: issuer.issuer,
    subject: readSubject(claims.sub),
    issuedAt: claims.iat === undefined ? 0 : readTime(claims.iat, now + clockTolerance),
    expiresAt: readTime(claims.exp, latestTime),
    email,
    verifiedEmail: verified && email !== undefined ? normalizeEmail(email) : undefined,
    name: readName(claims["name"], fullNameLength),
    givenName: readName(claims["given_name"], nameLength),
    familyName: readName(claims["family_name"], nameLength),
    username: readName(claims["preferred_username"], fullNameLength),
    picture: readPicture(claims["picture"]),
    locale: readText(claims["locale"], maxLocaleLength),
  };
}

/** Rejects malformed Unicode: the database could store two different malformed subjects as the same text. */
function readSubject(value: unknown): string {
  const subject = readText(value, maxSubjectLength);
  if (subject === undefined) throw tokenInvalid("subject_invalid");
  return subject;
}

function readTime(value: unknown, latest: number): number {
  if (typeof value !== "number" || !(value >= 0 && value <= latest)) throw tokenInvalid("time_invalid");
  return Math.floor(value);
}

function readText(value: unknown, maxLength: number): string | undefined {
  if (typeof value !== "string" || value.trim() === "" || value.length > maxLength) return undefined;
  return validateText(value) ? undefined : value;
}

/** Normalizes and cuts a name. Returns undefined if nothing visible is left. */
function readName(value: unknown, maxLength: number): string | undefined {
  if (typeof value !== "string") return undefined;
  return cutName(normalizeNameLine(value), maxLength) || undefined;
}

function readPicture(value: unknown): string | undefined {
  const picture = readText(value, maxPictureLength);
  return picture !== undefined && isPublicHttps(picture) ? picture : undefined;
}
