import { spawn } from "node:child_process";
import { delimiter, resolve } from "node:path";

/** The exit code of a command and all that it printed. */
export interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** Runs a command without a terminal and waits for its end. Commands of the packages are found first. */
export function run(command: string, args: readonly string[], signal?: AbortSignal): Promise<Outcome> {
  return new Promise((finish) => {
    let output = "";
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        PATH: `${resolve("node_modules/.bin")}${delimiter}${process.env["PATH"] ?? ""}`,
        ...QUIET,
      },
      ...(signal && { signal }),
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    child.once("error", (error) => finish({ code: 1, output: `${output}${error.message}\n` }));
    child.once("close", (code) => finish({ code: code ?? 1, output }));
  });
}

/** The tools send no usage data and look for no newer version. */
const QUIET = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_WRITE_LOGS: "false",
  REDOCLY_TELEMETRY: "off",
  REDOCLY_SUPPRESS_UPDATE_NOTICE: "true",
};
