import { ask, type Billed, type Operation } from "./operations/operation.ts";
import { dollarsPerMillion } from "./prices.ts";
import type { World } from "./world.ts";

/** What one request asks of the platform. */
export interface Cost extends Billed {
  readonly trips: number;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly objectCalls: number;
  /** Bytes of the answer's body, as they are before compression. */
  readonly bytesOut: number;
}

const told = /db;desc="(\d+) trips, (\d+) rows read, (\d+) written", usage;desc="(\d+) calls"/;

/** Asks the service what one request of an operation costs. */
export async function costOf(world: World, operation: Operation): Promise<Cost> {
  // The first may be the first of its caller in an hour, which is written down.
  await (await ask(world, world.address.telling, operation)).arrayBuffer();
  const answer = await ask(world, world.address.telling, operation);
  const found = told.exec(answer.headers.get("server-timing") ?? "");
  if (found === null) throw new Error(`${operation.name} does not tell what it took`);
  const [trips = 0, rowsRead = 0, rowsWritten = 0, objectCalls = 0] = found.slice(1).map(Number);
  const nothing = { objectRowsRead: 0, objectRowsWritten: 0, logosRead: 0, queueOperations: 0 };
  const { byteLength: bytesOut } = await answer.arrayBuffer();
  return { trips, rowsRead, rowsWritten, objectCalls, bytesOut, ...nothing, ...operation.also };
}

/** Dollars a million requests cost at the published prices. */
export function dollarsOf(cost: Cost, cpuMicros = 0): number {
  return dollarsPerMillion({ ...cost, requests: 1, cpuMilliseconds: cpuMicros / 1000, dataPoints: 1 });
}
