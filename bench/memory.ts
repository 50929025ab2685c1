import type { Environment } from "./environment.ts";
import { send } from "./load.ts";
import type { Operation } from "./operations/operation.ts";
import { residentBytes } from "./process-stats.ts";
import { round2 } from "./rounds.ts";

/** Numbers of requests after which memory is compared. */
const early = 20_000;
const late = 200_000;
/** Requests of one operation before the next one. */
const requestsPerTurn = 500;

/**
 * Measures the runtime's memory after many mixed requests, compared with fewer. Undefined where the system has no
 * `/proc`.
 *
 * Takes the minimum over the last turn of each operation, because uncollected responses vary: those of `/openapi.json`
 * by hundreds of megabytes.
 */
export async function measureMemory(environment: Environment, operations: readonly Operation[]) {
  const { runtime } = environment;
  if (runtime === undefined) return undefined;
  const sendUntil = async (sent: number, end: number) => {
    const samples: number[] = [];
    for (let at = sent; at < end; at += requestsPerTurn) {
      const operation = operations[(at / requestsPerTurn) % operations.length];
      if (operation !== undefined) {
        await send(environment, environment.address.ours, operation, requestsPerTurn);
      }
      samples.push(await residentBytes(runtime));
    }
    return Math.min(...samples.slice(-operations.length));
  };
  const before = await sendUntil(0, early);
  const after = await sendUntil(early, late);
  const megabytes = (bytes: number) => Math.round(bytes / 1_000_000);
  return {
    requests: [early, late],
    megabytes: [megabytes(before), megabytes(after)],
    ratio: round2(after / before),
  };
}
