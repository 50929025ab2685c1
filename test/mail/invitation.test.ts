/** The invitation mail: what it says in each language, and that nothing people wrote is more than text in it. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type Language, languages } from "../../src/domain/user.ts";
import { type Invitation, renderInvitationEmail } from "../../src/mail/invitation.ts";
import { invitationMessages } from "../../src/mail/messages.ts";
import { escapeHtml, interpolate, toSingleLine, truncate } from "../../src/mail/text.ts";

const link = "https://roster.test/invite#a-secret_of70characters";
const invitation: Invitation = {
  language: "EN",
  account: "Acme",
  inviter: "Ada Lovelace",
  role: "AMEMBER",
  validUntil: Date.UTC(2026, 2, 1, 13, 5),
  link,
};

const told: Readonly<Record<Language, readonly [subject: string, invites: string, until: string]>> = {
  CA: [
    "Ada Lovelace us convida a Acme",
    "Ada Lovelace us convida a unir-vos a Acme amb el rol de membre.",
    "La invitació és vàlida fins al dia 1 de març del 2026, a les 13:05 UTC.",
  ],
  ES: [
    "Ada Lovelace le invita a Acme",
    "Ada Lovelace le invita a unirse a Acme con el rol de miembro.",
    "La invitación es válida hasta el 1 de marzo de 2026 a las 13:05 UTC.",
  ],
  EN: [
    "Ada Lovelace invites you to Acme",
    "Ada Lovelace invites you to join Acme as member.",
    "The invitation is valid until 1 March 2026 at 13:05 UTC.",
  ],
  FR: [
    "Ada Lovelace vous invite à rejoindre Acme",
    "Ada Lovelace vous invite à rejoindre Acme avec le rôle de membre.",
    "L'invitation est valable jusqu'au 1 mars 2026 à 13:05 UTC.",
  ],
  DE: [
    "Ada Lovelace lädt Sie zu Acme ein",
    "Ada Lovelace lädt Sie ein, Acme als Mitglied beizutreten.",
    "Die Einladung gilt bis 1. März 2026 um 13:05 UTC.",
  ],
  PT: [
    "Ada Lovelace convida-o para Acme",
    "Ada Lovelace convida-o a juntar-se a Acme com a função de membro.",
    "O convite é válido até 1 de março de 2026 às 13:05 UTC.",
  ],
};

describe.each(languages)("in %s", (language) => {
  it("says who invites to what, as what and until when, and where to accept", () => {
    const { subject, text, html } = renderInvitationEmail({ ...invitation, language });
    const [line, invites, until] = told[language];
    expect(subject).toBe(line);
    expect(text.split("\n\n").slice(1, 4)).toEqual([
      invites,
      `${invitationMessages[language].accept}:\n${link}`,
      until,
    ]);
    expect(html).toContain(`<html lang="${language.toLowerCase()}">`);
    expect(html.split(`href="${link}"`)).toHaveLength(3);
    expect(html).toContain(escapeHtml(until));
    expect(html).toContain("<b><bdi>Ada Lovelace</bdi></b>");
    expect(html).toContain("<b><bdi>Acme</bdi></b>");
    expect(`${subject}${text}${html}`).not.toMatch(/\{\w+\}/);
  });

  it("names the role of an owner, and nobody where who invited is gone", () => {
    const { subject, text, html } = renderInvitationEmail({
      ...invitation,
      language,
      inviter: null,
      role: "AOWNER",
    });
    expect(text).toContain(invitationMessages[language].roles.AOWNER);
    expect(text).not.toContain(invitationMessages[language].roles.AMEMBER);
    expect(subject).toContain("Acme");
    expect(`${subject}${text}${html}`).not.toMatch(/\{\w+\}|null|undefined/);
  });
});

describe("what people wrote", () => {
  const hostile = [
    '<script>alert(1)</script>"><img src=x onerror=alert(1)>',
    "O'Neill & Söhne <ceo@example.com>",
    "{link} {role} {inviter} {account} ${1} $& $1",
    "</title></b></bdi><a href='https://evil.example'>",
    "&lt;b&gt;",
  ];

  it.each(hostile)("is text in the HTML and whole in the text: %s [R56]", (words) => {
    const { text, html } = renderInvitationEmail({ ...invitation, account: words, inviter: words });
    const plain = renderInvitationEmail(invitation).html;
    expect(html.match(/<\/?[a-z]+/g)).toEqual(plain.match(/<\/?[a-z]+/g));
    expect(html.match(/href="[^"]*"/g)).toEqual(plain.match(/href="[^"]*"/g));
    expect(html).toContain(`<b><bdi>${escapeHtml(words)}</bdi></b>`);
    expect(text).toContain(`${words} invites you to join ${words} as member.`);
  });

  it.each([
    "Acme\r\nBcc: everyone@example.com",
    "Acme\nSubject: other",
    "Acme\u2028next",
    "Acme\0\u0007\u009b",
    "\u202eemca\u202c and \u2066more\u2069",
  ])("breaks no line and turns nothing around: %j [R56]", (words) => {
    const { subject, text, html } = renderInvitationEmail({ ...invitation, account: words, inviter: words });
    const unfit = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
    expect(subject).not.toMatch(unfit);
    expect(text.replaceAll("\n", "")).not.toMatch(unfit);
    expect(html.replaceAll("\n", "")).not.toMatch(unfit);
    expect(text.split("\n")).toHaveLength(renderInvitationEmail(invitation).text.split("\n").length);
  });

  it("is whole in the mail, and as much of it in the subject as is read there", () => {
    const account = "😀".repeat(200);
    const { subject, text } = renderInvitationEmail({ ...invitation, account });
    expect(subject).toBe(`Ada Lovelace invites you to ${"😀".repeat(59)}…`);
    expect(text).toContain(account);
  });

  it("whatever it is, leaves the subject one line and the HTML its tags", () => {
    const plain = renderInvitationEmail(invitation).html.match(/<\/?[a-z]+/g);
    const written = fc.string({ unit: "binary", maxLength: 60 });
    fc.assert(
      fc.property(written, written, fc.constantFrom(...languages), (account, inviter, language) => {
        const { subject, html } = renderInvitationEmail({ ...invitation, account, inviter, language });
        expect(subject).not.toMatch(/\p{Cc}/u);
        expect(html.match(/<\/?[a-z]+/g)).toEqual(plain);
      }),
      { numRuns: 300 },
    );
  });
});

it("the day is the one in UTC, whatever the hour", () => {
  const at = (moment: number) => renderInvitationEmail({ ...invitation, validUntil: moment }).text;
  expect(at(Date.UTC(2027, 11, 31, 23, 59, 59, 999))).toContain("31 December 2027 at 23:59 UTC");
  expect(at(Date.UTC(2028, 1, 29))).toContain("29 February 2028 at 00:00 UTC");
});

describe("text", () => {
  it("is escaped once, filled once and cut between characters", () => {
    expect(escapeHtml(`<a href="x" title='y'>&`)).toBe("&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;");
    expect(interpolate("{a}{b}{c}", { a: "{b}", b: "$&" })).toBe("{b}$&{c}");
    expect(toSingleLine(" a\r\n\tb ")).toBe("a b");
    expect(truncate("😀😀😀", 2)).toBe("😀…");
    expect(truncate("😀😀", 2)).toBe("😀😀");
  });
});
