import type { Environment } from "./environment.ts";
import { sendOnce, type Billed, type Operation } from "./operations/operation.ts";
import { dollarsPerMillion } from "./prices.ts";

/** The platform resources that one request uses. */
export interface Cost extends Billed {
  readonly roundTrips: number;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly objectCalls: number;
  /** Bytes of the response body before compression. */
  readonly bytesOut: number;
}

const serverTiming = /db;desc="(\d+) round trips, (\d+) rows read, (\d+) written", usage;desc="(\d+) calls"/;

/** Returns the cost of one request of an operation, from `Server-Timing`. */
export async function costOf(environment: Environment, operation: Operation): Promise<Cost> {
  // The first request of a caller in an hour also updates `last_login`.
  await (await sendOnce(environment, environment.address.instrumented, operation)).arrayBuffer();
  const response = await sendOnce(environment, environment.address.instrumented, operation);
  const found = serverTiming.exec(response.headers.get("server-timing") ?? "");
  if (found === null) throw new Error(`The response to "${operation.name}" has no valid Server-Timing`);
  const [roundTrips = 0, rowsRead = 0, rowsWritten = 0, objectCalls = 0] = found.slice(1).map(Number);
  const none = { objectRowsRead: 0, objectRowsWritten: 0, logosRead: 0, queueOperations: 0 };
  const { byteLength: bytesOut } = await response.arrayBuffer();
  return { roundTrips, rowsRead, rowsWritten, objectCalls, bytesOut, ...none, ...operation.billed };
}

/** Returns the price of a million requests in dollars. */
export function dollarsOf(cost: Cost, cpuMicros = 0): number {
  return dollarsPerMillion({ ...cost, requests: 1, cpuMilliseconds: cpuMicros / 1000, dataPoints: 1 });
}
