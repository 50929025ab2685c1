/**
 * Runs all checks, the fastest first, then the tests. `--without-tests` leaves out the tests.
 *
 * A stage starts after the one before has passed. The steps of a stage run at once.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { run, type Outcome } from "../exec.ts";

const STAGES: readonly (readonly Step[])[] = [
  [
    { name: "format", command: "oxfmt", args: ["--check"] },
    { name: "generated files", command: "node", args: ["scripts/quality/generate.ts", "--check"] },
    { name: "docs", command: "node", args: ["scripts/quality/docs.ts"] },
  ],
  [
    {
      name: "OpenAPI document",
      command: "redocly",
      args: ["lint", "--config", "docs/redocly.yaml", "docs/openapi.json"],
    },
    { name: "environments", command: "node", args: ["scripts/quality/check-environments.ts"] },
    { name: "bundle", command: "node", args: ["scripts/quality/check-bundle.ts"], showsOutput: true },
  ],
  [
    { name: "migrations", command: "npm", args: ["run", "--silent", "db:check"] },
    { name: "types", command: "npm", args: ["run", "--silent", "types"] },
  ],
  [{ name: "lint", command: "npm", args: ["run", "--silent", "lint"] }],
];

interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Whether the output is printed even if the step passes. */
  readonly showsOutput?: boolean;
}

const { values } = parseArgs({ options: { "without-tests": { type: "boolean", default: false } } });

for (const stage of STAGES) {
  const outcomes = await Promise.all(stage.map(runStep));
  const failed = outcomes.filter(({ code }) => code !== 0);
  if (failed.length > 0) {
    for (const { name, output } of failed) process.stdout.write(`\n${output}\n${name} failed\n`);
    process.exit(1);
  }
}
if (!values["without-tests"]) {
  process.exitCode = spawnSync("npm", ["test", "--silent"], { stdio: "inherit" }).status ?? 1;
}

async function runStep(step: Step): Promise<Outcome & Step> {
  const start = performance.now();
  const outcome = await run(step.command, step.args);
  const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(6);
  console.log(`${outcome.code === 0 ? "ok    " : "FAILED"} ${seconds} s  ${step.name}`);
  if (step.showsOutput === true && outcome.code === 0) {
    process.stdout.write(`${" ".repeat(18)}${outcome.output}`);
  }
  return { ...outcome, ...step };
}
