import { normalizeEmail } from "./user.ts";

/** The operators listed in the variable `OPERATORS`. */
export interface Operators {
  /** Normalized. */
  readonly emails: ReadonlySet<string>;
  /** Each as `iss|sub`. */
  readonly identities: ReadonlySet<string>;
}

/**
 * Parses e-mails and `iss|sub` pairs, separated by commas or white space; the first bar ends `iss`.
 * Throws an Error with the index of an invalid entry. The entry itself is left out, because `/readyz`
 * shows the message to everybody.
 */
export function parseOperators(list: string): Operators {
  const entries = list.split(/[\s,]+/).filter((entry) => entry !== "");
  const invalid = entries.findIndex((entry) => !/^[^|]+\|.|^[^|]+@[^|]+$/.test(entry));
  if (invalid !== -1) throw new Error(`OPERATORS[${invalid}] must be an e-mail or iss|sub.`);
  return {
    emails: new Set(entries.filter((entry) => !entry.includes("|")).map(normalizeEmail)),
    identities: new Set(entries.filter((entry) => entry.includes("|"))),
  };
}

/** Whether a caller is an operator. `verifiedEmail` must be normalized and verified by a trusted issuer, never one that users can edit. */
export function isOperator(
  operators: Operators,
  caller: { readonly issuer: string; readonly subject: string; readonly verifiedEmail: string | undefined },
): boolean {
  const { issuer, subject, verifiedEmail } = caller;
  if (verifiedEmail !== undefined && operators.emails.has(verifiedEmail)) return true;
  // An issuer with a bar could imitate another issuer and the start of a subject.
  return !issuer.includes("|") && operators.identities.has(`${issuer}|${subject}`);
}
