import { validateEmail, type Mailbox } from "../domain/email.ts";
import type { EmailMessage } from "./invitation.ts";

/** As much of the e-mail binding as is used: it builds the message itself, so no header is ever written by hand. */
export type MailBinding = Pick<SendEmail, "send">;

/** Sends a letter to one address. Throws what the binding throws, and an Error for what is no address. */
export async function sendEmail(
  binding: MailBinding,
  from: Mailbox,
  to: string,
  { subject, text, html }: EmailMessage,
): Promise<void> {
  // What is stored was checked when it came; a second look costs nothing, a second recipient would.
  if (validateEmail(to) !== undefined) throw new Error("not an address");
  if (/\p{Cc}/u.test(subject)) throw new Error("a subject of several lines");
  await binding.send({ from: from.name === "" ? from.email : { ...from }, to, subject, text, html });
}
