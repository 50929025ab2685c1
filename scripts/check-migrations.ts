import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { findNarrowings } from "./expand-rules.ts";
import { findBreaches } from "./migration-rules.ts";
import { hashOf, readMigrations, readRelease } from "./released.ts";
import { run } from "./exec.ts";
import { CliError, main } from "./cli.ts";

await main(async () => {
  const migrations = await readMigrations();
  const { migrations: released } = await readRelease();
  for (const [name, hash] of Object.entries(released)) {
    const found = migrations.find((migration) => migration.name === name);
    if (found === undefined || hashOf(found.sql) !== hash) {
      throw new CliError(
        `migrations/${name} was released and is not what it was; a change is a new migration`,
      );
    }
  }
  const breaches = [...findBreaches(migrations), ...findNarrowings(migrations, Object.keys(released))];
  for (const { file, statement, reason } of breaches) {
    console.error(`migrations/${file}: ${reason}\n${statement.replace(/^/gm, "    ")}\n`);
  }
  if (breaches.length > 0) {
    throw new CliError("these migrations must not be applied");
  }
  await requireUpToDate();
});

/** Throws a CliError when the schema says something that no migration does; works on a copy. */
async function requireUpToDate(): Promise<void> {
  // Under the project: drizzle-kit takes every path for relative to where it runs.
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
      throw new CliError(`drizzle-kit generate failed\n${output}`);
    }
    if (added.length > 0) {
      const missing = added.map(({ sql }) => sql).join("\n");
      throw new CliError(`the schema is ahead of the migrations (npm run db:generate); missing:\n${missing}`);
    }
    if (!output.includes("nothing to migrate")) {
      throw new CliError(`drizzle-kit generate said something unexpected\n${output}`);
    }
  } finally {
    await rm(copy, { recursive: true });
  }
}
