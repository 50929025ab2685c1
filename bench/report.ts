import type { measureOperations } from "./measure.ts";

type Rows = Awaited<ReturnType<typeof measureOperations>>;

/** Prints the results of the operations as a table. */
export function printOperations(rows: Rows): void {
  console.table(
    rows.map(({ name, ours, bare, ratio, cpuRatio, cost, dollarsPerMillion }) => ({
      operation: name,
      "ours/s": Math.round(ours.requestsPerSecond),
      p50: ours.p50Ms,
      p99: ours.p99Ms,
      "cpu µs": ours.cpuMicros,
      "bare/s": Math.round(bare.requestsPerSecond),
      "bare cpu": bare.cpuMicros,
      ratio,
      "cpu ratio": cpuRatio,
      "round trips": cost.roundTrips,
      read: cost.rowsRead,
      written: cost.rowsWritten,
      objects: cost.objectCalls,
      bytes: cost.bytesOut,
      "$/million": dollarsPerMillion,
    })),
  );
}

/** Prints the other results, one per line. */
export function printOthers(others: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(others)) console.log(`${name}: ${JSON.stringify(value)}`);
}
