import type { AccountRole } from "../domain/account.ts";
import type { Language } from "../domain/user.ts";
import { invitationMessages } from "./messages.ts";
import { escapeHtml, interpolate, toSingleLine, truncate } from "./text.ts";

/** What the mail of an invitation tells. */
export interface Invitation {
  readonly language: Language;
  /** The account's title. */
  readonly account: string;
  /** The inviter's name, or address where there is none; null when that user is gone. */
  readonly inviter: string | null;
  readonly role: AccountRole;
  /** Epoch milliseconds. */
  readonly validUntil: number;
  /** Where it is accepted: the one place of the secret. */
  readonly link: string;
}

/** A mail without its addresses. */
export interface EmailMessage {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Longest name and title in a subject, in code points: mail programs show no more. */
const subjectPart = 60;

/** Writes the mail of an invitation; nothing that people wrote is taken for anything but text. */
export function renderInvitationEmail(invitation: Invitation): EmailMessage {
  const words = invitationMessages[invitation.language];
  const byNobody = invitation.inviter === null;
  const values = {
    account: toSingleLine(invitation.account),
    inviter: toSingleLine(invitation.inviter ?? ""),
    role: words.roles[invitation.role],
    date: momentInWords(invitation.validUntil, invitation.language),
  };
  const invites = byNobody ? words.invitesByNobody : words.invites;
  const subject = interpolate(byNobody ? words.subjectByNobody : words.subject, {
    account: truncate(values.account, subjectPart),
    inviter: truncate(values.inviter, subjectPart),
  });
  const text = [
    words.greeting,
    interpolate(invites, values),
    `${words.accept}:\n${invitation.link}`,
    interpolate(words.until, values),
    words.ignore,
  ].join("\n\n");

  const byPeople = (value: string) => `<b><bdi>${escapeHtml(value)}</bdi></b>`;
  const shown = { ...values, account: byPeople(values.account), inviter: byPeople(values.inviter) };
  const sentence = (written: string) => interpolate(escapeHtml(written), shown);
  const link = escapeHtml(invitation.link);
  const html = `<!doctype html>
<html lang="${invitation.language.toLowerCase()}">
  <head>
    <meta charset="utf-8">
    <title>${escapeHtml(subject)}</title>
  </head>
  <body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#1b1f24;background:#ffffff">
    <div style="max-width:34em;margin:0 auto">
      <p>${escapeHtml(words.greeting)}</p>
      <p>${sentence(invites)}</p>
      <p><a href="${link}" style="display:inline-block;padding:10px 18px;border-radius:6px;background:#0b5fff;color:#ffffff;text-decoration:none">${escapeHtml(words.accept)}</a></p>
      <p>${sentence(words.until)}</p>
      <p style="color:#57606a;font-size:14px">${escapeHtml(words.otherwise)}<br>
        <a href="${link}" style="color:#0b5fff;word-break:break-all">${link}</a></p>
      <p style="color:#57606a;font-size:14px">${escapeHtml(words.ignore)}</p>
    </div>
  </body>
</html>
`;
  return { subject, text: `${text}\n`, html };
}

/** Whose way of writing dates each language follows. */
const locales: Readonly<Record<Language, string>> = {
  CA: "ca-ES",
  ES: "es-ES",
  EN: "en-GB",
  FR: "fr-FR",
  DE: "de-DE",
  PT: "pt-PT",
};

/** Day and time as they are written in a language, in UTC, which is said. */
function momentInWords(moment: number, language: Language): string {
  const format = new Intl.DateTimeFormat(locales[language], {
    dateStyle: "long",
    timeStyle: "short",
    timeZone: "UTC",
  });
  return `${format.format(moment)} UTC`;
}
