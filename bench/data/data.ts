/** Makes data of a size and keeps it for the benchmark: `--accounts N`. */
import { parseArgs } from "node:util";

import { main } from "../../scripts/cli.ts";
import { readAccounts } from "./size.ts";
import { keepState } from "./state.ts";

await main(async () => {
  const { values } = parseArgs({ options: { accounts: { type: "string" } } });
  const accounts = readAccounts(values.accounts);
  const began = performance.now();
  const folder = await keepState(accounts);
  const seconds = Math.round((performance.now() - began) / 1000);
  const { user, system } = process.cpuUsage();
  const processor = Math.round((user + system) / 1_000_000);
  console.log(`${accounts} accounts in ${folder}: ${seconds} s, ${processor} s of processor time`);
});
