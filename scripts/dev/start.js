/**
 * Starts Roster on this machine. Plain JavaScript without dependencies, so that it runs with every version of Node
 * and before the packages are installed.
 */
import { existsSync } from "node:fs";

if (!existsSync("node_modules/.package-lock.json")) {
  console.error("The packages are not installed. Run npm ci, then npm start.");
  process.exit(1);
}
if (!process.features.typescript) {
  console.error(
    `Node ${process.version} cannot run Roster. npm ci installs a Node that can: run it, then npm start.`,
  );
  process.exit(1);
}
console.log("Starting Roster ...");
await import("./start.ts");
