import autocannon from "autocannon";

import { headersOf, type Operation } from "./operations/operation.ts";
import { cpuMicrosOf, inTurn, round2, type Figures, type Pace } from "./rounds.ts";
import type { World } from "./world.ts";

/** How long each is warmed up, in seconds. */
const warming = 1;
/** How often it is looked whether the time is over, in milliseconds. */
const looking = 100;

/** What takes a tenth of a second is asked by fewer at once, and for long enough that some are answered. */
const heavy = { connections: 4, seconds: 1.5 };

/** Measures one operation of ours and of the bare worker. */
export async function compareOperation(world: World, operation: Operation, pace: Pace) {
  const { ours, bare } = world.address;
  return compare(world, operation, pace, { ours, bare });
}

/** Measures what a line in the log costs: with them in the place of ours, without in the place of bare. */
export function compareLogging(world: World, operation: Operation, pace: Pace) {
  const { logging: ours, ours: bare } = world.address;
  return compare(world, operation, pace, { ours, bare });
}

/** Sends so many requests; throws when one is refused. */
export async function send(world: World, address: URL, operation: Operation, amount: number): Promise<void> {
  await fire(world, address, operation, { connections: 16, amount });
}

async function compare(
  world: World,
  operation: Operation,
  pace: Pace,
  { ours, bare }: Record<"ours" | "bare", URL>,
) {
  const { rounds } = pace;
  const connections = operation.heavy ? heavy.connections : pace.connections;
  const duration = operation.heavy ? Math.max(heavy.seconds, pace.seconds) : pace.seconds;
  const round = (address: URL) => measure(world, address, operation, { connections, duration });
  for (const address of [ours, bare]) {
    await fire(world, address, operation, { connections, duration: Math.min(warming, duration) });
  }
  return inTurn(
    rounds,
    () => round(ours),
    () => round(bare),
  );
}

async function measure(world: World, address: URL, operation: Operation, load: Load): Promise<Figures> {
  const { result, cpuMicros } = await cpuMicrosOf(world, async () => {
    const run = await fire(world, address, operation, load);
    return { requests: run.requests.total, result: run };
  });
  return {
    requestsPerSecond: round2(result.requests.total / result.duration),
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    cpuMicros,
  };
}

/** How long, in seconds, or how many. */
type Load = { readonly connections: number } & ({ readonly duration: number } | { readonly amount: number });

async function fire(world: World, address: URL, operation: Operation, load: Load) {
  const { method, path, body } = operation;
  const run = await autocannon({
    ...load,
    sampleInt: looking,
    url: new URL(typeof path === "string" ? path : path(), address).href,
    method,
    headers: headersOf(world, operation),
    // Only where requests differ: to make each anew costs the one that sends them.
    ...((typeof path === "function" || body !== undefined) && {
      requests: [
        {
          setupRequest: (request: autocannon.Request) => ({
            ...request,
            ...(typeof path === "function" && { path: path() }),
            ...(body && { body: body() }),
          }),
        },
      ],
    }),
  });
  const failed = run.non2xx + run.errors + run.timeouts;
  if (failed > 0) throw new Error(`${operation.name}: ${failed} requests failed at ${address.href}`);
  return run;
}
