import { normalizeEmail } from "./user.ts";

/** Those who may do everything, as the variable `OPERATORS` names them. */
export interface Operators {
  /** In normal form. */
  readonly emails: ReadonlySet<string>;
  /** Each as `iss|sub`. */
  readonly identities: ReadonlySet<string>;
}

/**
 * Reads e-mails and `iss|sub` pairs, separated by commas or white space; the first bar ends `iss`.
 * Throws an Error that tells the place of an entry that is neither, for it would silently name nobody;
 * not the entry, as anybody may ask whether the service is ready.
 */
export function parseOperators(list: string): Operators {
  const entries = list.split(/[\s,]+/).filter((entry) => entry !== "");
  const wrong = entries.findIndex((entry) => !/^[^|]+\|.|^[^|]+@[^|]+$/.test(entry));
  if (wrong !== -1) throw new Error(`OPERATORS[${wrong}] must be an e-mail or iss|sub.`);
  return {
    emails: new Set(entries.filter((entry) => !entry.includes("|")).map(normalizeEmail)),
    identities: new Set(entries.filter((entry) => entry.includes("|"))),
  };
}

/** `verifiedEmail` is the normal form of the address a trusted issuer has verified, never one that the user may edit. */
export function isOperator(
  operators: Operators,
  caller: { readonly issuer: string; readonly subject: string; readonly verifiedEmail: string | undefined },
): boolean {
  const { issuer, subject, verifiedEmail } = caller;
  if (verifiedEmail !== undefined && operators.emails.has(verifiedEmail)) return true;
  // An issuer with a bar in it could pass for another one's name and the start of a subject.
  return !issuer.includes("|") && operators.identities.has(`${issuer}|${subject}`);
}
