/**
 * Compares the JSON results of a small and a large database: `npm run bench:compare -- SMALL LARGE`. Neither rows read
 * nor requests per second should depend on the number of accounts.
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";

import { CliError, main } from "../scripts/cli.ts";
import type { measureOperations } from "./measure.ts";
import { round2 } from "./rounds.ts";

interface Document {
  readonly accounts: number;
  readonly operations: Awaited<ReturnType<typeof measureOperations>>;
}

await main(async () => {
  const { positionals } = parseArgs({ allowPositionals: true });
  const [small, large] = await Promise.all(positionals.map(readDocument));
  if (small === undefined || large === undefined)
    throw new CliError("usage: npm run bench:compare -- SMALL LARGE");
  console.log(`${large.accounts} accounts compared with ${small.accounts}`);
  const pairs = small.operations.flatMap((before, index) => {
    const after = large.operations[index];
    return after === undefined ? [] : [{ before, after }];
  });
  console.table(
    pairs.map(({ before, after }) => ({
      operation: after.name,
      "rows read": `${after.cost.rowsRead} / ${before.cost.rowsRead}`,
      "rows ratio": round2(after.cost.rowsRead / before.cost.rowsRead),
      "requests/s ratio": round2(after.ours.requestsPerSecond / before.ours.requestsPerSecond),
      "cpu ratio": round2((before.ours.cpuMicros ?? Number.NaN) / (after.ours.cpuMicros ?? Number.NaN)),
    })),
  );
});

async function readDocument(path: string): Promise<Document> {
  return JSON.parse(await readFile(path, "utf8"));
}
