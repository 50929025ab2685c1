/**
 * Asks the registry for the published advisories about the production dependencies. Ends with 1 for those
 * that docs/security.md does not answer. Where the registry tells none at all, holds those that the page knows
 * against the installed versions: ends with 1 for a version that is older than the one that mended them, and
 * else with 2, unless AUDIT_OPTIONAL is set.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";

import { answeredIn, installedIn, judge, judgeUntold } from "./advisories.ts";
import { findingsOf } from "./audit-report.ts";
import { runMain } from "./state.ts";

await runMain(async () => {
  const page = await readFile("docs/security.md", "utf8");
  const findings = findingsOf(await report());
  const { code, lines } =
    findings === undefined
      ? judgeUntold(page, installedIn(await readFile("package-lock.json", "utf8")), isOptional())
      : judge(findings, answeredIn(page));
  if (findings === undefined) console.error(lines.join("\n"));
  else console.log(lines.join("\n"));
  process.exitCode = code;
});

function isOptional(): boolean {
  return Boolean(process.env["AUDIT_OPTIONAL"]);
}

/** What npm prints; it ends with an error when there is any finding, and when the registry refuses. */
function report(): Promise<string> {
  const args = ["audit", "--omit=dev", "--json", "--fetch-retries=1", "--fetch-timeout=30000"];
  return new Promise((resolve) => {
    execFile("npm", args, { maxBuffer: 64 * 1024 * 1024 }, (_error, stdout) => resolve(stdout));
  });
}
