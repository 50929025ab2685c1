import { readFile } from "node:fs/promises";
import { cpus, release } from "node:os";

/** Returns the machine and the versions that the results depend on. */
export async function describeMachine() {
  const { dependencies, devDependencies } = JSON.parse(await readFile("package.json", "utf8"));
  const processors = cpus();
  return {
    processor: processors[0]?.model ?? "unknown",
    cores: processors.length,
    linux: release(),
    node: process.version,
    hono: dependencies.hono,
    drizzle: dependencies["drizzle-orm"],
    miniflare: devDependencies.miniflare,
    wrangler: devDependencies.wrangler,
  };
}
