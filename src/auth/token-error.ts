import { errors } from "jose";

import { DomainError } from "../domain/errors.ts";

/** Why a token was rejected. Only the log names the reason; the response is the same for all of them. */
export type TokenErrorReason =
  | "malformed"
  | "type_not_accepted"
  | "key_id_missing"
  | "issuer_unknown"
  | "algorithm_not_accepted"
  | "key_unknown"
  | "signature_invalid"
  | "expired"
  | "not_yet_valid"
  | "audience_mismatch"
  | "subject_invalid"
  | "time_invalid"
  | "claims_invalid";

/** Creates the error of a rejected token. */
export function tokenInvalid(reason: TokenErrorReason): DomainError {
  return new DomainError("token_invalid", {}, reason);
}

/** Converts an error of jose. Its message is dropped, because it can quote the token. */
export function toTokenError(error: unknown): DomainError {
  return error instanceof DomainError ? error : tokenInvalid(reasonOf(error));
}

function reasonOf(error: unknown): TokenErrorReason {
  if (error instanceof errors.JWTExpired) return "expired";
  if (error instanceof errors.JWTClaimValidationFailed) return claimReasons[error.claim] ?? "claims_invalid";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "signature_invalid";
  if (error instanceof errors.JWKSNoMatchingKey) return "key_unknown";
  return "malformed";
}

const claimReasons: Readonly<Record<string, TokenErrorReason>> = {
  aud: "audience_mismatch",
  exp: "time_invalid",
  iat: "time_invalid",
  nbf: "not_yet_valid",
  sub: "subject_invalid",
};
