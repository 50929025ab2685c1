/** Prints the mails sent so far as JSON lines, oldest first; the service need not run. */
import { main, stateDirectory } from "../cli.ts";
import { readMails } from "./mailbox.ts";

await main(async () => {
  const lines = (await readMails(stateDirectory())).map((mail) => `${JSON.stringify(mail)}\n`);
  process.stdout.write(lines.join(""));
});
