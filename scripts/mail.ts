import { readLocalMail } from "./local-mail.ts";
import { runMain, stateDirectory } from "./state.ts";

/** Prints the mails sent so far as JSON lines, oldest first. */
await runMain(async () => {
  const lines = readLocalMail(stateDirectory()).map((mail) => `${JSON.stringify(mail)}\n`);
  process.stdout.write(lines.join(""));
});
