/**
 * Holds what `--json` said of a large database against what it said of a small one:
 * `npm run bench:compare -- SMALL LARGE`. Rows read should not grow with the accounts, and requests a
 * second not fall.
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
    throw new CliError("two documents are compared: SMALL LARGE");
  console.log(`${large.accounts} accounts over ${small.accounts}`);
  const pairs = small.operations.flatMap((before, place) => {
    const after = large.operations[place];
    return after === undefined ? [] : [{ before, after }];
  });
  console.table(
    pairs.map(({ before, after }) => ({
      operation: after.name,
      "rows read": `${after.cost.rowsRead} / ${before.cost.rowsRead}`,
      "of rows": round2(after.cost.rowsRead / before.cost.rowsRead),
      "of requests/s": round2(after.ours.requestsPerSecond / before.ours.requestsPerSecond),
      "of cpu": round2((before.ours.cpuMicros ?? Number.NaN) / (after.ours.cpuMicros ?? Number.NaN)),
    })),
  );
});

async function readDocument(path: string): Promise<Document> {
  return JSON.parse(await readFile(path, "utf8"));
}
