/** Applies the migrations and deploys: `npm run deploy`, or `npm run deploy -- --env staging`. Refuses placeholders. */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { CliError, main } from "../cli.ts";
import { ENVIRONMENTS, placeholdersOf, problemsOf, readEnvironment } from "./environments.ts";

await main(async () => {
  const { values } = parseArgs({ options: { env: { type: "string", default: "production" } } });
  const env = ENVIRONMENTS.find((name) => name === values.env);
  if (env === undefined) throw new CliError(`--env must be one of ${ENVIRONMENTS.join(", ")}.`);
  const config = readEnvironment("wrangler.toml", env);
  const problems = [...placeholdersOf(config), ...problemsOf(config, readEnvironment("wrangler.toml", ""))];
  if (problems.length > 0) {
    throw new CliError(
      [`Nothing was deployed. Change [env.${env}] in wrangler.toml:`, ...problems].join("\n- "),
    );
  }
  wrangler("d1", "migrations", "apply", "DB", "--remote", "--env", env);
  wrangler("deploy", "--env", env);
});

/** Runs wrangler at this terminal. Throws a CliError if it fails. */
function wrangler(...args: readonly string[]): void {
  const { status, error } = spawnSync("wrangler", args, { stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) throw new CliError(`wrangler ${args.join(" ")} failed, so the deployment stopped.`);
}
