/** Writes down what the release that is about to be deployed is made of: its migrations and all it asks the database. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { hashOf, readMigrations, releasePath, type Release } from "./released.ts";
import { run } from "./exec.ts";
import { CliError, main } from "./cli.ts";

/** Where the tests leave what they saw. */
const seen = ".wrangler/tmp/statements.json";

await main(async () => {
  await mkdir(".wrangler/tmp", { recursive: true });
  await rm(seen, { force: true });
  const { code, output } = await run("vitest", ["run", "--update", "--config", "vitest.release.config.ts"]);
  if (code !== 0) throw new CliError(`${output}\nnothing was written down`);
  const migrations = await readMigrations();
  const release: Release = {
    migrations: Object.fromEntries(migrations.map(({ name, sql }) => [name, hashOf(sql)])),
    statements: JSON.parse(await readFile(seen, "utf8")) as Release["statements"],
  };
  const lines = release.statements.map((statement) => `    ${JSON.stringify(statement)}`);
  const written = `{
  "migrations": ${JSON.stringify(release.migrations, null, 2).replaceAll("\n", "\n  ")},
  "statements": [
${lines.join(",\n")}
  ]
}
`;
  await writeFile(releasePath, written);
  console.log(`${migrations.length} migrations and ${lines.length} statements in ${releasePath}`);
});
