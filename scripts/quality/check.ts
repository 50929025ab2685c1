import { run, type Outcome } from "../exec.ts";

/** Each stage's steps run at once, on two cores or more; a stage starts when the one before has passed. */
const STAGES: readonly (readonly Step[])[] = [
  [
    { name: "types", command: "npm", args: ["run", "--silent", "types"] },
    { name: "lint", command: "npm", args: ["run", "--silent", "lint"] },
  ],
  [
    { name: "format", command: "oxfmt", args: ["--check"] },
    { name: "migrations", command: "node", args: ["scripts/check-migrations.ts"] },
    { name: "requirements", command: "node", args: ["scripts/quality/requirements.ts", "--check"] },
  ],
  [
    { name: "openapi up to date", command: "node", args: ["scripts/quality/openapi.ts", "--check"] },
    {
      name: "openapi clean",
      command: "redocly",
      args: ["lint", "--config", "docs/redocly.yaml", "docs/openapi.json"],
    },
  ],
  [{ name: "bundle", command: "node", args: ["scripts/quality/check-bundle.ts"], told: true }],
  [{ name: "tests", command: "npm", args: ["test", "--silent"] }],
];

interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Whether what it prints is told when it passes, too. */
  readonly told?: boolean;
}

for (const stage of STAGES) {
  const outcomes = await Promise.all(stage.map(timed));
  const failed = outcomes.find(({ code }) => code !== 0);
  if (failed !== undefined) {
    process.stdout.write(`\n${failed.output}\n${failed.name} failed\n`);
    process.exit(1);
  }
}

async function timed(step: Step): Promise<Outcome & Step> {
  const start = performance.now();
  const outcome = await run(step.command, step.args);
  const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(6);
  console.log(`${outcome.code === 0 ? "ok    " : "FAILED"} ${seconds} s  ${step.name}`);
  if (step.told === true && outcome.code === 0) process.stdout.write(`${" ".repeat(18)}${outcome.output}`);
  return { ...outcome, ...step };
}
