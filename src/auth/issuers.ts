import type { JSONWebKeySet, JWK } from "jose";
import { isSecureUrl } from "../domain/url.ts";
import { isPublicKey } from "./key-set.ts";

/** A trusted issuer of tokens, and the source of its keys. */
export interface Issuer {
  /** Must equal the token's `iss` exactly. */
  readonly issuer: string;
  /** The token's `aud` must contain one of these. */
  readonly audiences: readonly string[];
  readonly keys:
    | { readonly kind: "inline"; readonly jwks: JSONWebKeySet }
    | { readonly kind: "remote"; readonly url: URL };
  readonly algorithms: readonly string[];
  /** Whether to trust the issuer's `email_verified`. */
  readonly trustEmail: boolean;
}

/** All supported signature algorithms, which are asymmetric; an issuer may allow fewer. */
const asymmetricAlgorithms: readonly string[] =
  "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519".split(" ");

const fields = ["issuer", "audience", "jwks_uri", "jwks", "algorithms", "trust_email"];

/** Parses the variable `ISSUERS`. Throws an Error whose message names the first invalid field. */
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
  const duplicate = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (duplicate !== -1) throw new Error(`ISSUERS[${duplicate}].issuer must not repeat an issuer.`);
  return issuers;
}

function parseIssuer(entry: unknown, path: string): Issuer {
  if (!isRecord(entry)) throw new Error(`${path} must be an object.`);
  const unknown = Object.keys(entry).find((name) => !fields.includes(name));
  if (unknown !== undefined) throw new Error(`${path}.${unknown} is not a known field.`);
  return {
    issuer: parseIssuerName(entry["issuer"], `${path}.issuer`),
    audiences: parseAudiences(entry["audience"], `${path}.audience`),
    keys: parseKeys(entry, path),
    algorithms: parseAlgorithms(entry["algorithms"], `${path}.algorithms`),
    trustEmail: parseBoolean(entry["trust_email"], `${path}.trust_email`),
  };
}

function parseIssuerName(value: unknown, path: string): string {
  // OPERATORS separates its entries by white space and commas, and issuer and subject by a bar.
  if (typeof value === "string" && /^[^\s\p{Cc},|]+$/u.test(value)) return value;
  throw new Error(`${path} must be a string without white space, commas or bars.`);
}

function parseAudiences(value: unknown, path: string): readonly string[] {
  const audiences: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (audiences.length > 0 && audiences.every(isText)) return audiences;
  throw new Error(`${path} must be a non-empty string or an array of them.`);
}

function parseKeys(entry: Readonly<Record<string, unknown>>, path: string): Issuer["keys"] {
  const { jwks, jwks_uri: uri } = entry;
  if ((jwks === undefined) === (uri === undefined)) {
    throw new Error(`${path} must have either jwks_uri or jwks.`);
  }
  if (uri !== undefined) return { kind: "remote", url: parseKeySetUrl(uri, `${path}.jwks_uri`) };
  return { kind: "inline", jwks: parseInlineKeys(jwks, `${path}.jwks`) };
}

function parseKeySetUrl(value: unknown, path: string): URL {
  const url = isText(value) ? URL.parse(value) : null;
  if (!url) throw new Error(`${path} must be an absolute URL.`);
  if (url.username !== "" || url.password !== "") throw new Error(`${path} must not carry credentials.`);
  if (isSecureUrl(url)) return url;
  throw new Error(`${path} must be an https URL (http for localhost only).`);
}

function parseInlineKeys(value: unknown, path: string): JSONWebKeySet {
  const keys = isRecord(value) ? value["keys"] : undefined;
  if (!Array.isArray(keys) || keys.length === 0) throw new Error(`${path}.keys must be a non-empty array.`);
  return { keys: keys.map((key: unknown, index) => parseKey(key, `${path}.keys[${index}]`)) };
}

function parseKey(value: unknown, path: string): JWK {
  if (!isRecord(value) || !isText(value["kty"])) throw new Error(`${path}.kty must be a key type.`);
  if (!isText(value["kid"])) throw new Error(`${path}.kid must be a non-empty string.`);
  if (!isPublicKey(value)) throw new Error(`${path} must be a public key.`);
  return { ...value, kty: value["kty"] };
}

function parseAlgorithms(value: unknown, path: string): readonly string[] {
  if (value === undefined) return asymmetricAlgorithms;
  if (!Array.isArray(value) || value.length === 0) throw new Error(`${path} must be a non-empty array.`);
  const algorithms: readonly unknown[] = value;
  if (algorithms.every(isAsymmetric)) return algorithms;
  throw new Error(`${path} must contain only these algorithms: ${asymmetricAlgorithms.join(", ")}.`);
}

function parseBoolean(value: unknown, path: string): boolean {
  if (value === undefined) return false;
  if (typeof value === "boolean") return value;
  throw new Error(`${path} must be true or false.`);
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
