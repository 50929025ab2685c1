/** Empties the service between test files. */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";

/** Resets the service to the state of a new one. */
export async function resetService(): Promise<void> {
  await clearStorage();
  await applyD1Migrations(env.DB, env.MIGRATIONS);
}

/** Removes all tables and logos, and the usage objects that are awake. No two tests share an account. */
export async function clearStorage(): Promise<void> {
  // The runtime hibernates a database after ten seconds and then does not empty it; a query wakes it.
  for (let time = 0; time < 10; time += 1) {
    await reset();
    if (await isEmpty()) return;
  }
  throw new Error("What is stored cannot be removed");
}

async function isEmpty(): Promise<boolean> {
  const [table, { objects }] = await Promise.all([
    env.DB.prepare("SELECT name FROM sqlite_schema WHERE name NOT GLOB '_cf_*' LIMIT 1").first(),
    env.LOGOS.list({ limit: 1 }),
  ]);
  return table === null && objects.length === 0;
}
