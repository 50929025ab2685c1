/**
 * Checks the production dependencies for published advisories with `npm audit`.
 *
 * Fails if there is one. Not every registry answers audits (some answer 405), so a registry that does not
 * is reported and does not fail.
 */
import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";

const command = ["audit", "--omit=dev", "--fetch-retries=1", "--fetch-timeout=30000"];

/** Returns why there is no audit report in the output of `npm audit --json`, or undefined if there is one. */
export function missingReportReason(output: string): string | undefined {
  let report: unknown;
  try {
    report = JSON.parse(output);
  } catch {
    return "npm printed no JSON";
  }
  if (typeof report !== "object" || report === null) return "npm printed no report";
  if ("vulnerabilities" in report) return undefined;
  return "message" in report ? String(report.message) : "npm printed no report";
}

/** Returns what `npm audit --json` prints; npm exits with 1 for advisories and for a registry that does not answer. */
async function auditReport(): Promise<string> {
  const options = { maxBuffer: 64 * 1024 * 1024 };
  try {
    return (await promisify(execFile)("npm", [...command, "--json"], options)).stdout;
  } catch (error) {
    return error instanceof Error && "stdout" in error ? String(error.stdout) : "";
  }
}

if (import.meta.main) {
  const reason = missingReportReason(await auditReport());
  if (reason === undefined) {
    process.exitCode = spawnSync("npm", command, { stdio: "inherit" }).status ?? 1;
  } else {
    console.warn(`The registry did not answer the audit, so no advisories were checked: ${reason}`);
  }
}
