/** Writes migrations/release.json for the release to be deployed: `npm run release`. Runs the tests that send every statement. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { CliError, main } from "../cli.ts";
import { run } from "../exec.ts";
import { hashOf, MANIFEST_PATH, readMigrations, type ReleaseManifest } from "./release-manifest.ts";

/** Where test/release/record.ts writes the statements. */
const RECORDED_STATEMENTS = ".wrangler/tmp/statements.json";

await main(async () => {
  await mkdir(".wrangler/tmp", { recursive: true });
  await rm(RECORDED_STATEMENTS, { force: true });
  const { code, output } = await run("vitest", ["run", "--update", "--config", "vitest.release.config.ts"]);
  if (code !== 0) throw new CliError(`${output}\nThe tests failed, so no manifest was written.`);
  const migrations = await readMigrations();
  const manifest: ReleaseManifest = {
    migrations: Object.fromEntries(migrations.map(({ name, sql }) => [name, hashOf(sql)])),
    statements: JSON.parse(await readFile(RECORDED_STATEMENTS, "utf8")) as ReleaseManifest["statements"],
  };
  const lines = manifest.statements.map((statement) => `    ${JSON.stringify(statement)}`);
  // One statement per line keeps the diff of a release readable.
  const text = `{
  "migrations": ${JSON.stringify(manifest.migrations, null, 2).replaceAll("\n", "\n  ")},
  "statements": [
${lines.join(",\n")}
  ]
}
`;
  await writeFile(MANIFEST_PATH, text);
  console.log(`${MANIFEST_PATH}: ${migrations.length} migrations, ${lines.length} statements`);
});
