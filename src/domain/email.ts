import { emailLength } from "./user.ts";

/**
 * Why a text is no e-mail address, in words for a person; undefined when it is one. The rules are
 * RFC 5321's for an address one can send to: no quoted local part, no address literal, a domain
 * with a dot; letters beyond ASCII are allowed on both sides (RFC 6531).
 */
export function validateEmail(address: string): string | undefined {
  const at = address.lastIndexOf("@");
  if (at === -1) return "An email address must have an @-sign.";
  const local = address.slice(0, at);
  const domain = address.slice(at + 1);
  if (local === "") return "There must be something before the @-sign.";
  if (domain === "") return "There must be something after the @-sign.";
  if ([...address].length > emailLength) return "The email address is too long.";
  if (new TextEncoder().encode(local).length > 64) return "The email address is too long before the @-sign.";
  if (!local.split(".").every((part) => atom.test(part))) {
    return "The email address contains invalid characters before the @-sign.";
  }
  if (!domain.includes(".")) {
    return "The part after the @-sign is not valid. It should have a period.";
  }
  const labels = domain.split(".");
  if (
    labels.some((label) => !domainLabel.test(label) || label.length > 63) ||
    /^\d+$/.test(labels.at(-1) ?? "")
  ) {
    return "The part after the @-sign is not a valid domain name.";
  }
  return undefined;
}

/** An address mail is sent from, with the name it is shown under. */
export interface Mailbox {
  /** Empty where there is none. */
  readonly name: string;
  readonly email: string;
}

/** Reads `ada@example.com` or `Ada Lovelace <ada@example.com>`; throws an Error that says what is wrong. */
export function parseMailbox(text: string): Mailbox {
  if (/\p{Cc}/u.test(text)) throw new Error("must not contain control characters");
  const [, shown = "", bracketed] = /^(?:([^<>]*)<([^<>]*)>)$/.exec(text.trim()) ?? [];
  const email = (bracketed ?? text).trim();
  const fault = validateEmail(email);
  if (fault !== undefined) throw new Error(`must be an address or Name <address>. ${fault}`);
  return { name: shown.trim().replace(/^"(.*)"$/, "$1"), email };
}

/** What may stand between the dots before the @-sign: RFC 5322's atext, and letters beyond ASCII. */
const atom = /^(?:[\w!#$%&'*+/=?^`{|}~-]|[^\p{ASCII}\p{C}\p{Z}])+$/u;
const domainLabel = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?$/u;
