/** The Worker as `npm start` runs it: the deployed one, except that mails go to the mailbox of the start script. */
import type { Env } from "../../src/env.ts";
import worker from "../../src/index.ts";

export { UsageMeter } from "../../src/index.ts";

interface LocalEnv extends Env {
  readonly MAILBOX_URL: string;
}

/** The environment is extended once, because its parsed variables are cached with it. */
let extended: Env | undefined;

function withMailbox(env: LocalEnv): Env {
  extended ??= { ...env, MAIL: mailbox(env.MAILBOX_URL) };
  return extended;
}

/** Returns an e-mail binding that posts messages to the mailbox. */
function mailbox(url: string): SendEmail {
  return {
    async send(message: EmailMessage | EmailMessageBuilder): Promise<EmailSendResult> {
      const headers = { "Content-Type": "application/json" };
      const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(message) });
      if (!response.ok) throw new Error(`The local mailbox returned ${response.status}.`);
      return { messageId: crypto.randomUUID() };
    },
  };
}

export default {
  fetch: worker.fetch,
  queue: (batch, env) => worker.queue(batch, withMailbox(env)),
  scheduled: (controller, env) => worker.scheduled(controller, withMailbox(env)),
} satisfies ExportedHandler<LocalEnv>;
