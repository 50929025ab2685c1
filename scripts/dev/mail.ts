import { readLocalMail } from "./local-mail.ts";
import { main, stateDirectory } from "../cli.ts";

/** Prints the mails sent so far as JSON lines, oldest first. */
await main(async () => {
  const lines = readLocalMail(stateDirectory()).map((mail) => `${JSON.stringify(mail)}\n`);
  process.stdout.write(lines.join(""));
});
