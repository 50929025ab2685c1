/** The invitation mail: its content in each language, and that names and titles are never more than text in it. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { languages, type Language } from "../../../src/domain/user.ts";
import { type Invitation, renderInvitationEmail } from "../../../src/mail/invitation.ts";
import { containsLink, escapeHtml, interpolate, toSingleLine, truncate } from "../../../src/mail/text.ts";
import { readTranslation } from "../../support/translations.ts";

const link = "https://roster.test/invite#a-secret_of70characters";
const invitation: Invitation = {
  account: { title: "Acme", slug: "acme-slug" },
  inviter: { name: "Ada Lovelace", verifiedEmail: "ada@example.com" },
  role: "AMEMBER",
  validUntil: Date.UTC(2026, 2, 1, 13, 5),
  link,
};

/** Renders a mail in a language, with another title of the account or name of the inviter. */
async function render({
  language = "EN",
  title = "Acme",
  name = "Ada Lovelace",
  ...fields
}: Partial<Invitation> & { language?: Language; title?: string; name?: string }) {
  const account = { title, slug: "acme-slug" };
  const inviter = { name, verifiedEmail: "ada@example.com" };
  return renderInvitationEmail(
    { ...invitation, account, inviter, ...fields },
    await readTranslation(language),
  );
}

it.each([
  {
    language: "CA",
    subject: "Ada Lovelace us convida a Acme",
    invited: "Ada Lovelace us convida a unir-vos a Acme amb el rol de membre.",
    validUntil: "La invitació és vàlida fins al dia 1 de març del 2026, a les 13:05 UTC.",
  },
  {
    language: "ES",
    subject: "Ada Lovelace le invita a Acme",
    invited: "Ada Lovelace le invita a unirse a Acme con el rol de miembro.",
    validUntil: "La invitación es válida hasta el 1 de marzo de 2026 a las 13:05 UTC.",
  },
  {
    language: "EN",
    subject: "Ada Lovelace invites you to Acme",
    invited: "Ada Lovelace invites you to join Acme as member.",
    validUntil: "The invitation is valid until 1 March 2026 at 13:05 UTC.",
  },
  {
    language: "FR",
    subject: "Ada Lovelace vous invite à rejoindre Acme",
    invited: "Ada Lovelace vous invite à rejoindre Acme avec le rôle de membre.",
    validUntil: "L'invitation est valable jusqu'au 1 mars 2026 à 13:05 UTC.",
  },
  {
    language: "DE",
    subject: "Ada Lovelace lädt Sie zu Acme ein",
    invited: "Ada Lovelace lädt Sie ein, Acme als Mitglied beizutreten.",
    validUntil: "Die Einladung gilt bis 1. März 2026 um 13:05 UTC.",
  },
  {
    language: "PT",
    subject: "Ada Lovelace convida-o para Acme",
    invited: "Ada Lovelace convida-o a juntar-se a Acme com a função de membro.",
    validUntil: "O convite é válido até 1 de março de 2026 às 13:05 UTC.",
  },
] as const)("the mail in $language names inviter, account, role and end", async (expected) => {
  const { subject, text, html } = await render({ language: expected.language });
  expect(subject).toBe(expected.subject);
  expect(text).toContain(`\n\n${expected.invited}\n\n`);
  expect(text).toContain(`\n\n${expected.validUntil}\n\n`);
  expect(html).toContain(escapeHtml(expected.validUntil));
});

describe.each(languages)("the mail in %s", (language) => {
  it("the mail contains the link as a button and as text, and no unfilled placeholder", async () => {
    const { email } = await readTranslation(language);
    const { subject, text, html } = await render({ language });
    expect(text).toContain(`\n\n${email.accept}:\n${link}\n\n`);
    expect(html).toContain(`<html lang="${(await readTranslation(language)).locale}">`);
    expect(html.split(`href="${link}"`)).toHaveLength(3);
    expect(html).toContain("<b><bdi>Ada Lovelace</bdi></b>");
    expect(html).toContain("<b><bdi>Acme</bdi></b>");
    expect(`${subject}${text}${html}`).not.toMatch(/\{\w+\}/);
  });

  it("the mail names the owner's role, and no inviter if that user was deleted", async () => {
    const { roles } = await readTranslation(language);
    const { subject, text, html } = await render({
      language,
      inviter: null,
      role: "AOWNER",
    });
    expect(text).toContain(roles.AOWNER);
    expect(text).not.toContain(roles.AMEMBER);
    expect(subject).toContain("Acme");
    expect(`${subject}${text}${html}`).not.toMatch(/\{\w+\}|null|undefined/);
  });

  it("the mail names no inviter if their name is a link, and the slug if the title is one", async () => {
    const expected = await render({ language, title: "acme-slug", inviter: null });
    const name = "Verify at https://evil.example/login";
    expect(await render({ language, title: name, name })).toEqual(expected);
  });
});

describe("a name or title in the mail", () => {
  const hostile = [
    '<script>alert(1)</script>"><img src=x onerror=alert(1)>',
    "O'Neill & Söhne <ceo>",
    "{link} {role} {inviter} {account} ${1} $& $1",
    "</title></b></bdi><a href='//evil'>",
    "&lt;b&gt;",
  ];

  it.each(hostile)(
    "a name or title in the mail is escaped in the HTML and unchanged in the plain text: %s [R56]",
    async (name) => {
      const { text, html } = await render({ title: name, name });
      const plain = (await render({})).html;
      expect(html.match(/<\/?[a-z]+/g)).toEqual(plain.match(/<\/?[a-z]+/g));
      expect(html.match(/href="[^"]*"/g)).toEqual(plain.match(/href="[^"]*"/g));
      expect(html).toContain(`<b><bdi>${escapeHtml(name)}</bdi></b>`);
      expect(text).toContain(`${name} invites you to join ${name} as member.`);
    },
  );

  it.each([
    "Acme\r\nBcc: everyone",
    "Acme\nSubject: other",
    "Acme\u2028next",
    "Acme\0\u0007\u009b",
    "\u202eemca\u202c and \u2066more\u2069",
  ])("a name or title in the mail adds no line and changes no text direction: %j [R56]", async (name) => {
    const { subject, text, html } = await render({ title: name, name });
    const unsafe = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
    expect(subject).not.toMatch(unsafe);
    expect(text.replaceAll("\n", "")).not.toMatch(unsafe);
    expect(html.replaceAll("\n", "")).not.toMatch(unsafe);
    const plain = await render({});
    expect(text.split("\n")).toHaveLength(plain.text.split("\n").length);
  });

  it("a name or title in the mail is shortened in the subject and complete in the text", async () => {
    const title = "😀".repeat(200);
    const { subject, text } = await render({ title });
    expect(subject).toBe(`Ada Lovelace invites you to ${"😀".repeat(59)}…`);
    expect(text).toContain(title);
  });

  it("a name or title in the mail never changes the number of subject lines or the HTML tags, whatever characters it has", async () => {
    const plain = (await render({})).html.match(/<\/?[a-z]+/g);
    const name = fc.string({ unit: "binary", maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(name, name, fc.constantFrom(...languages), async (title, inviter, language) => {
        const mail = await render({ title, name: inviter, language });
        expect(mail.subject).not.toMatch(/\p{Cc}/u);
        expect(mail.html.match(/<\/?[a-z]+/g)).toEqual(plain);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a link or an address in a name or title", () => {
  const hostile = [
    "Your mailbox is full. Verify at https://evil.example/login",
    "HTTP://evil",
    "javascript://%0aalert(1)",
    "www.evil",
    "WWW.EVIL.EXAMPLE",
    "evil.example",
    "Sign in:evil.example/login",
    "(evil.example)",
    "Acme,evil.co.uk",
    "login@evil",
    "Write to ceo@evil.example",
    "@evil",
    "mailto:ceo@evil.example",
    "b\u00fccher.example",
    "\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444",
    "\u0909\u0926.\u092d\u093e\u0930\u0924",
    "evil.xn--p1ai",
    "\u{1f4a9}.la",
    "evil-.example",
    "127.0.0.1/login",
    "evil\uff0eexample",
    "evil\u3002example",
    "evil\uff61example",
    "evil\u2024example",
    "evil\u200b.\u2060example",
    "evil\u200d.example",
    "https\uff1a\uff0f\uff0fevil",
    "\uff57\uff57\uff57\uff0eevil",
    "login\uff20evil",
    "login\ufe6bevil",
  ];

  it.each(hostile)("a link or an address in a name or title is never in the mail: %s", async (text) => {
    expect(containsLink(text)).toBe(true);
    const mail = await render({ title: text, name: text });
    expect(mail).toEqual(await render({ title: "acme-slug", inviter: null }));
    expect(mail.subject).toBe("You are invited to acme-slug");
  });

  it.each([
    "Acme",
    "Acme Inc.",
    "Acme Inc. Berlin",
    "St. Mary's",
    "J. R. R. Tolkien",
    "J.R.R. Tolkien",
    "Sport e.V.",
    "Firma s.r.o.",
    "Version 2.0",
    "10.000 Schritte",
    "Wait... what",
    "C# / F#: A & B",
    "www",
    "\u6771\u4eac\u3002",
  ])("a link or an address in a name or title is not seen in a usual title: %s", async (title) => {
    const { subject, text } = await render({ title, name: title });
    expect(subject).toBe(`${title} invites you to ${title}`);
    expect(text).toContain(`${title} invites you to join ${title} as member.`);
  });

  it("a link or an address in a name or title is not in the mail, whatever surrounds it", async () => {
    const surrounding = fc.string({ unit: "grapheme", maxLength: 20 });
    const evil = fc.constantFrom(
      "https://evil.example/login",
      "www.evil.example",
      "evil.example",
      "a@evil.example",
    );
    await fc.assert(
      fc.asyncProperty(surrounding, evil, surrounding, async (before, text, after) => {
        const {
          subject,
          text: plain,
          html,
        } = await render({ title: before + text + after, name: before + text });
        expect(`${subject}${plain}${html}`).not.toContain("evil");
      }),
      { numRuns: 300 },
    );
  });

  it("a link or an address in a name or title is the verified address of an inviter without a name", async () => {
    const { subject } = await render({ name: "" });
    expect(subject).toBe("ada@example.com invites you to Acme");
    const nobody = await render({ inviter: { name: "", verifiedEmail: null } });
    expect(nobody).toEqual(await render({ inviter: null }));
  });
});

it("the end of an invitation is shown in UTC", async () => {
  const textUntil = async (validUntil: number) => (await render({ validUntil })).text;
  expect(await textUntil(Date.UTC(2027, 11, 31, 23, 59, 59, 999))).toContain("31 December 2027 at 23:59 UTC");
  expect(await textUntil(Date.UTC(2028, 1, 29))).toContain("29 February 2028 at 00:00 UTC");
});

describe("the text functions", () => {
  it("the text functions escape once, fill placeholders once and cut between code points", () => {
    expect(escapeHtml(`<a href="x" title='y'>&`)).toBe("&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;");
    expect(interpolate("{a}{b}{c}", { a: "{b}", b: "$&" })).toBe("{b}$&{c}");
    expect(toSingleLine(" a\r\n\tb ")).toBe("a b");
    expect(truncate("😀😀😀", 2)).toBe("😀…");
    expect(truncate("😀😀", 2)).toBe("😀😀");
  });
});
