/** A service that holds nothing, whatever the tests before have stored. */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";

/** Makes the service what a new one is. */
export async function resetService(): Promise<void> {
  await clearStorage();
  await applyD1Migrations(env.DB, env.MIGRATIONS);
}

/** Removes all tables and all logos; of the usage objects, whose accounts no other test has, only those awake. */
export async function clearStorage(): Promise<void> {
  // The runtime puts to sleep what is ten seconds old, and then does not empty it; being asked wakes it.
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
