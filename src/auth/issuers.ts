import type { JSONWebKeySet, JWK } from "jose";
import { isPublicKey } from "./key-set.ts";

/** Someone whose tokens are believed, and where the keys to check them are. */
export interface Issuer {
  /** Compared with the token's `iss` exactly. */
  readonly issuer: string;
  /** A token must name one of these in its `aud`. */
  readonly audiences: readonly string[];
  readonly keys:
    | { readonly kind: "inline"; readonly jwks: JSONWebKeySet }
    | { readonly kind: "remote"; readonly url: URL };
  readonly algorithms: readonly string[];
  /** Whether a verified address in a token of this issuer counts as verified here. */
  readonly trustEmail: boolean;
}

/** All asymmetric signature algorithms that are understood; an issuer may be held to fewer. */
const asymmetricAlgorithms: readonly string[] =
  "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519".split(" ");

const fields = ["issuer", "audience", "jwks_uri", "jwks", "algorithms", "trust_email"];

/** Reads the variable `ISSUERS`; throws an Error of one sentence that names the first field that is wrong. */
export function parseIssuers(json: string): readonly Issuer[] {
  let entries: unknown;
  try {
    entries = JSON.parse(json);
  } catch {
    throw new Error("ISSUERS must be JSON.");
  }
  if (!Array.isArray(entries)) throw new Error("ISSUERS must be an array.");
  const issuers = entries.map((entry: unknown, index) => parseIssuer(entry, `ISSUERS[${index}]`));
  const names = issuers.map(({ issuer }) => issuer);
  const repeated = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (repeated !== -1) throw new Error(`ISSUERS[${repeated}].issuer must not name an issuer twice.`);
  return issuers;
}

function parseIssuer(entry: unknown, at: string): Issuer {
  if (!isRecord(entry)) throw new Error(`${at} must be an object.`);
  const unknown = Object.keys(entry).find((name) => !fields.includes(name));
  if (unknown !== undefined) throw new Error(`${at}.${unknown} is not a known field.`);
  return {
    issuer: parseName(entry["issuer"], `${at}.issuer`),
    audiences: parseAudiences(entry["audience"], `${at}.audience`),
    keys: parseKeys(entry, at),
    algorithms: parseAlgorithms(entry["algorithms"], `${at}.algorithms`),
    trustEmail: parseFlag(entry["trust_email"], `${at}.trust_email`),
  };
}

function parseName(value: unknown, at: string): string {
  // White space, commas and bars would keep the issuer from being named in OPERATORS.
  if (typeof value === "string" && /^[^\s\p{Cc},|]+$/u.test(value)) return value;
  throw new Error(`${at} must be a string without white space, commas and bars.`);
}

function parseAudiences(value: unknown, at: string): readonly string[] {
  const audiences: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (audiences.length > 0 && audiences.every(isText)) return audiences;
  throw new Error(`${at} must be a non-empty string or an array of them.`);
}

function parseKeys(entry: Readonly<Record<string, unknown>>, at: string): Issuer["keys"] {
  const { jwks, jwks_uri: uri } = entry;
  if ((jwks === undefined) === (uri === undefined)) {
    throw new Error(`${at} must have either jwks_uri or jwks.`);
  }
  if (uri !== undefined) return { kind: "remote", url: parseKeyAddress(uri, `${at}.jwks_uri`) };
  return { kind: "inline", jwks: parseInlineKeys(jwks, `${at}.jwks`) };
}

function parseKeyAddress(value: unknown, at: string): URL {
  const url = isText(value) ? URL.parse(value) : null;
  if (!url) throw new Error(`${at} must be an absolute URL.`);
  if (url.username !== "" || url.password !== "") throw new Error(`${at} must not carry credentials.`);
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url.protocol === "https:" || (url.protocol === "http:" && local)) return url;
  throw new Error(`${at} must be an https URL (http for localhost only).`);
}

function parseInlineKeys(value: unknown, at: string): JSONWebKeySet {
  const keys = isRecord(value) ? value["keys"] : undefined;
  if (!Array.isArray(keys) || keys.length === 0) throw new Error(`${at}.keys must be a non-empty array.`);
  return { keys: keys.map((key: unknown, index) => parseKey(key, `${at}.keys[${index}]`)) };
}

function parseKey(value: unknown, at: string): JWK {
  if (!isRecord(value) || !isText(value["kty"])) throw new Error(`${at}.kty must be a key type.`);
  if (!isText(value["kid"])) throw new Error(`${at}.kid must be a non-empty string.`);
  if (!isPublicKey(value)) throw new Error(`${at} must be a public key.`);
  return { ...value, kty: value["kty"] };
}

function parseAlgorithms(value: unknown, at: string): readonly string[] {
  if (value === undefined) return asymmetricAlgorithms;
  if (!Array.isArray(value) || value.length === 0) throw new Error(`${at} must be a non-empty array.`);
  const algorithms: readonly unknown[] = value;
  if (algorithms.every(isAsymmetric)) return algorithms;
  throw new Error(`${at} must hold asymmetric algorithms only: ${asymmetricAlgorithms.join(", ")}.`);
}

function parseFlag(value: unknown, at: string): boolean {
  if (value === undefined) return false;
  if (typeof value === "boolean") return value;
  throw new Error(`${at} must be true or false.`);
}

function isAsymmetric(value: unknown): value is string {
  return typeof value === "string" && asymmetricAlgorithms.includes(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
