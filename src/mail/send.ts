import { validateEmail, type Mailbox } from "../domain/email.ts";
import type { EmailMessage } from "./invitation.ts";

/** The part of the e-mail binding in use. The binding builds the MIME message, so no header is written here. */
export type MailBinding = Pick<SendEmail, "send">;

/** Sends a mail to one address. Throws the binding's errors, and an Error for an invalid address or subject. */
export async function sendEmail(
  binding: MailBinding,
  from: Mailbox,
  to: string,
  { subject, text, html }: EmailMessage,
): Promise<void> {
  // Stored addresses were validated before. The check is repeated because a second recipient in `to` would leak the mail.
  if (validateEmail(to) !== undefined) throw new Error("The recipient is not a valid e-mail address.");
  if (/\p{Cc}/u.test(subject)) throw new Error("The subject contains control characters.");
  await binding.send({ from: from.name === "" ? from.email : { ...from }, to, subject, text, html });
}
