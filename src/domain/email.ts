import { emailLength } from "./user.ts";

/**
 * Returns why a text is not an e-mail address, as a sentence; undefined if it is one. The rules are those
 * of RFC 5321 for a public address: no quoted local part, no address literal, a domain with a dot.
 * Non-ASCII letters are allowed on both sides (RFC 6531).
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

/** The sender of mails: an address and a display name. */
export interface Mailbox {
  /** Empty if there is none. */
  readonly name: string;
  readonly email: string;
}

/** Parses `ada@example.com` or `Ada Lovelace <ada@example.com>`. Throws an Error that explains what is invalid. */
export function parseMailbox(text: string): Mailbox {
  if (/\p{Cc}/u.test(text)) throw new Error("must not contain control characters");
  const [, displayName = "", bracketed] = /^(?:([^<>]*)<([^<>]*)>)$/.exec(text.trim()) ?? [];
  const email = (bracketed ?? text).trim();
  const error = validateEmail(email);
  if (error !== undefined) throw new Error(`must be an address or Name <address>. ${error}`);
  return { name: displayName.trim().replace(/^"(.*)"$/, "$1"), email };
}

/** A part of the local part between two dots: RFC 5322's atext, and non-ASCII letters. */
const atom = /^(?:[\w!#$%&'*+/=?^`{|}~-]|[^\p{ASCII}\p{C}\p{Z}])+$/u;
const domainLabel = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?$/u;
