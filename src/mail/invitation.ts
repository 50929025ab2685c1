import type { AccountRole } from "../domain/account.ts";
import { containsLink, escapeHtml, interpolate, toSingleLine, truncate } from "./text.ts";
import type { Translation } from "./translations.ts";

/** The content of an invitation mail. */
export interface Invitation {
  /** The account's title, and the slug that replaces it if it contains a link. */
  readonly account: { readonly title: string; readonly slug: string };
  /**
   * Full name of the inviter, and the verified address that is shown if they have no name. A name that contains a link
   * is left out. Null if the user was deleted.
   */
  readonly inviter: { readonly name: string; readonly verifiedEmail: string | null } | null;
  readonly role: AccountRole;
  /** Epoch milliseconds. */
  readonly validUntil: number;
  /** URL of the invitation page. It contains the secret, which appears nowhere else in the mail. */
  readonly link: string;
}

/** A mail without its addresses. */
export interface EmailMessage {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Maximum length of a name or title in a subject, in code points; mail clients show no more. */
const maxSubjectPart = 60;

/**
 * Renders the mail of an invitation as plain text and HTML. Names and titles are escaped, and never become links in
 * a mail client.
 */
export function renderInvitationEmail(invitation: Invitation, translation: Translation): EmailMessage {
  const messages = translation.email;
  const { account } = invitation;
  const inviter = shownInviter(invitation.inviter);
  const hasInviter = inviter !== "";
  const values = {
    account: toSingleLine(containsLink(account.title) ? account.slug : account.title),
    inviter,
    role: translation.roles[invitation.role],
    date: formatUtc(invitation.validUntil, translation.locale),
  };
  const invited = hasInviter ? translation.invitedBy : translation.invited;
  const subject = interpolate(hasInviter ? messages.subjectInvitedBy : messages.subjectInvited, {
    account: truncate(values.account, maxSubjectPart),
    inviter: truncate(values.inviter, maxSubjectPart),
  });
  const text = [
    messages.greeting,
    interpolate(invited, values),
    `${messages.accept}:\n${invitation.link}`,
    interpolate(messages.validUntil, values),
    messages.ignore,
  ].join("\n\n");

  const emphasize = (value: string) => `<b><bdi>${escapeHtml(value)}</bdi></b>`;
  const htmlValues = {
    ...values,
    account: emphasize(values.account),
    inviter: emphasize(values.inviter),
  };
  const toHtml = (sentence: string) => interpolate(escapeHtml(sentence), htmlValues);
  const link = escapeHtml(invitation.link);
  const html = `<!doctype html>
<html lang="${translation.locale}">
  <head>
    <meta charset="utf-8">
    <title>${escapeHtml(subject)}</title>
  </head>
  <body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#1b1f24;background:#ffffff">
    <div style="max-width:34em;margin:0 auto">
      <p>${escapeHtml(messages.greeting)}</p>
      <p>${toHtml(invited)}</p>
      <p><a href="${link}" style="display:inline-block;padding:10px 18px;border-radius:6px;background:#0b5fff;color:#ffffff;text-decoration:none">${escapeHtml(messages.accept)}</a></p>
      <p>${toHtml(messages.validUntil)}</p>
      <p style="color:#57606a;font-size:14px">${escapeHtml(messages.openLink)}<br>
        <a href="${link}" style="color:#0b5fff;word-break:break-all">${link}</a></p>
      <p style="color:#57606a;font-size:14px">${escapeHtml(messages.ignore)}</p>
    </div>
  </body>
</html>
`;
  return { subject, text: `${text}\n`, html };
}

/** Returns the inviter as the mail names them; empty if it does not. */
function shownInviter(inviter: Invitation["inviter"]): string {
  const name = toSingleLine(inviter?.name ?? "");
  if (name === "") return toSingleLine(inviter?.verifiedEmail ?? "");
  return containsLink(name) ? "" : name;
}

/** Formats a timestamp as date and time in UTC, marked "UTC". */
function formatUtc(timestamp: number, locale: string): string {
  const format = new Intl.DateTimeFormat(locale, {
    dateStyle: "long",
    timeStyle: "short",
    timeZone: "UTC",
  });
  return `${format.format(timestamp)} UTC`;
}
