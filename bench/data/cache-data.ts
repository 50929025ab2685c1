/** Generates a database and caches it for the benchmark: `npm run bench:data -- --accounts N`. */
import { parseArgs } from "node:util";

import { main } from "../../scripts/cli.ts";
import { readAccounts } from "./size.ts";
import { cacheState } from "./state.ts";

await main(async () => {
  const { values } = parseArgs({ options: { accounts: { type: "string" } } });
  const accounts = readAccounts(values.accounts);
  const start = performance.now();
  const folder = await cacheState(accounts);
  const seconds = Math.round((performance.now() - start) / 1000);
  const { user, system } = process.cpuUsage();
  const processor = Math.round((user + system) / 1_000_000);
  console.log(`${accounts} accounts in ${folder}: ${seconds} s, ${processor} s of processor time`);
});
