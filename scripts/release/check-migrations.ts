/** Fails if a migration is unsafe, changed since its release, or missing for the schema. */
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { CliError, main } from "../cli.ts";
import { run } from "../exec.ts";
import { findDataLoss, findIncompatibilities } from "./migration-lint.ts";
import { hashOf, readManifest, readMigrations } from "./release-manifest.ts";

await main(async () => {
  const migrations = await readMigrations();
  const { migrations: released } = await readManifest();
  for (const [name, hash] of Object.entries(released)) {
    const migration = migrations.find((one) => one.name === name);
    if (migration === undefined || hashOf(migration.sql) !== hash) {
      throw new CliError(
        `migrations/${name} was changed after its release. Restore it and write a new migration.`,
      );
    }
  }
  const violations = [
    ...findDataLoss(migrations),
    ...findIncompatibilities(migrations, Object.keys(released)),
  ];
  for (const { file, statement, reason } of violations) {
    console.error(`migrations/${file}: ${reason}\n${statement.replace(/^/gm, "    ")}\n`);
  }
  if (violations.length > 0) {
    throw new CliError("The statements above are unsafe. See docs/data.md, Migrations.");
  }
  await assertSchemaIsMigrated();
});

/** Throws a CliError if drizzle-kit would generate a migration. Works on a copy of the folder. */
async function assertSchemaIsMigrated(): Promise<void> {
  // Inside the project, because drizzle-kit resolves every path relative to its working directory.
  await mkdir(".wrangler/tmp", { recursive: true });
  const copy = await mkdtemp(".wrangler/tmp/migrations-");
  try {
    await cp("migrations", join(copy, "out"), { recursive: true });
    const config = join(copy, "drizzle.config.ts");
    const base = relative(copy, resolve("drizzle.config.ts"));
    const out = JSON.stringify(`./${join(copy, "out")}`);
    await writeFile(config, `import base from "${base}";\nexport default { ...base, out: ${out} };\n`);
    const before = await readMigrations(join(copy, "out"));
    const { code, output } = await run("drizzle-kit", ["generate", "--config", config]);
    const known = new Set(before.map(({ name }) => name));
    const added = (await readMigrations(join(copy, "out"))).filter(({ name }) => !known.has(name));
    if (code !== 0) {
      throw new CliError(`drizzle-kit generate failed:\n${output}`);
    }
    if (added.length > 0) {
      const missing = added.map(({ sql }) => sql).join("\n");
      throw new CliError(`The schema has no migration. Run npm run db:generate. Missing:\n${missing}`);
    }
    if (!output.includes("nothing to migrate")) {
      throw new CliError(`drizzle-kit generate printed something unexpected:\n${output}`);
    }
  } finally {
    await rm(copy, { recursive: true });
  }
}
