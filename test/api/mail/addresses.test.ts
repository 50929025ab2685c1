/** Senders and recipients of mails: addresses with anything but an address in them are rejected everywhere. */
import { describe, expect, it } from "vitest";

import { parseMailbox } from "../../../src/domain/email.ts";
import { sendEmail } from "../../../src/mail/send.ts";
import { anonymous, createAccount, createUser } from "../../support/fixtures.ts";
import { Mailbox } from "../../support/mail.ts";
import { workerWith } from "../../support/worker.ts";

const message = { subject: "Subject", text: "text", html: "<p>html</p>" };
const from = { name: "Roster", email: "roster@example.com" };
const hostile = [
  "ada@example.com\r\nBcc: everyone@example.com",
  "ada@example.com\nbob@example.com",
  "ada\0@example.com",
  "ada@example.com,bob@example.com",
  "ada@example.com;bob@example.com",
  "Ada <ada@example.com>",
  "<ada@example.com>",
  "ada@example.com bob@example.com",
  "ada@example.com\u2028bcc:bob@example.com",
  "ada@exam\u0085ple.com",
  '"ada\r\n"@example.com',
];

describe.each(hostile)("the address %j", (address) => {
  it("the accounts API rejects the address", async () => {
    const owner = await createUser();
    const { slug } = await createAccount(owner);
    const { status, body } = await owner.post(`/api/v1/account/${slug}/invite`, { email: address });
    expect([status, body.detail[0].loc]).toEqual([422, ["body", "email"]]);
  });

  it("the organizations API rejects the address", async () => {
    const owner = await createUser();
    const { id } = await createAccount(owner);
    const path = `/accounts/invite/?organization=${id}`;
    const { status, body } = await owner.post(path, { invitee_identifier: address });
    expect([status, Object.keys(body)]).toEqual([400, ["invitee_identifier"]]);
  });

  it("the address gets no mail, even if it was stored before [R57]", async () => {
    const post = new Mailbox();
    await expect(sendEmail(post.binding, from, address, message)).rejects.toThrow(
      "not a valid e-mail address",
    );
    expect(post.sent).toEqual([]);
  });
});

it("an address is trimmed", async () => {
  const owner = await createUser();
  const { id } = await createAccount(owner);
  const path = `/accounts/invite/?organization=${id}`;
  const { status, body } = await owner.post(path, { invitee_identifier: " ada@example.com\r\n" });
  expect([status, body.invitee_identifier]).toEqual([201, "ada@example.com"]);
});

it("a subject with a line end is rejected [R57]", async () => {
  const post = new Mailbox();
  const broken = { ...message, subject: "Subject\r\nBcc: everyone@example.com" };
  await expect(sendEmail(post.binding, from, "ada@example.com", broken)).rejects.toThrow(
    "control characters",
  );
  expect(post.sent).toEqual([]);
});

it("a mail goes to one address, from the configured name if there is one", async () => {
  const post = new Mailbox();
  await sendEmail(post.binding, from, "ada+tag@exämple.com", message);
  await sendEmail(post.binding, { name: "", email: "roster@example.com" }, "ada@example.com", message);
  expect(post.sent).toEqual([
    { from, to: "ada+tag@exämple.com", ...message },
    { from: "roster@example.com", to: "ada@example.com", ...message },
  ]);
});

describe("MAIL_FROM", () => {
  it.each([
    { text: "roster@example.com", mailbox: { name: "", email: "roster@example.com" } },
    { text: " Roster <roster@example.com> ", mailbox: from },
    {
      text: '"Roster, Ltd." <roster@example.com>',
      mailbox: { name: "Roster, Ltd.", email: "roster@example.com" },
    },
    { text: "<roster@example.com>", mailbox: { name: "", email: "roster@example.com" } },
  ])("$text is parsed into address and name", ({ text, mailbox }) =>
    expect(parseMailbox(text)).toEqual(mailbox),
  );

  it.each([
    "roster",
    "Roster",
    "Roster <roster>",
    "Roster <roster@example.com> more",
    "Roster <a@example.com> <b@example.com>",
    "a@example.com, b@example.com",
    "Roster\r\nBcc: x@example.com <roster@example.com>",
  ])("%j makes /readyz report MAIL_FROM as invalid", async (value) => {
    const answer = await anonymous.via(workerWith({ MAIL_FROM: value })).get("/readyz");
    expect(answer.status).toBe(503);
    expect(answer.body.parts.configuration).toContain("MAIL_FROM");
  });
});
