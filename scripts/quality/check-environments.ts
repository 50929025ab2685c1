/** Checks the deployed environments of wrangler.toml: their settings, and that wrangler accepts them. */
import { CliError, main } from "../cli.ts";
import { run } from "../exec.ts";
import { ENVIRONMENTS, problemsOf, readEnvironment, type EnvironmentName } from "../release/environments.ts";

await main(async () => {
  const local = readEnvironment("wrangler.toml", "");
  const problems = ENVIRONMENTS.flatMap((env) =>
    problemsOf(readEnvironment("wrangler.toml", env), local).map((problem) => `[env.${env}] ${problem}`),
  );
  if (problems.length > 0) throw new CliError(problems.join("\n"));
  for (const env of ENVIRONMENTS) await assertAccepted(env);
});

/** Builds the Worker as for a deployment, and discards it. Throws a CliError if wrangler reports anything. */
async function assertAccepted(env: EnvironmentName): Promise<void> {
  const { code, output } = await run("wrangler", ["deploy", "--dry-run", "--env", env]);
  if (code !== 0 || output.includes("WARNING")) {
    throw new CliError(`wrangler does not accept the environment ${env}.\n${output}`);
  }
}
