/**
 * Asks the registry for the published advisories about the production dependencies. Ends with 1 for those
 * that docs/security.md does not answer, and with 2 where the registry tells none at all, unless
 * AUDIT_OPTIONAL is set.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";

import { answeredIn, findingsOf, judge } from "./advisories.ts";
import { runMain } from "./state.ts";

await runMain(async () => {
  const answered = answeredIn(await readFile("docs/security.md", "utf8"));
  const optional = Boolean(process.env["AUDIT_OPTIONAL"]);
  const findings = findingsOf(await report());
  const { code, lines } = judge(findings, answered, optional);
  if (findings === undefined) console.error(lines.join("\n"));
  else console.log(lines.join("\n"));
  process.exitCode = code;
});

/** What npm prints; it ends with an error when there is any finding, and when the registry refuses. */
function report(): Promise<string> {
  const args = ["audit", "--omit=dev", "--json", "--fetch-retries=1", "--fetch-timeout=30000"];
  return new Promise((resolve) => {
    execFile("npm", args, { maxBuffer: 64 * 1024 * 1024 }, (_error, stdout) => resolve(stdout));
  });
}
