import autocannon from "autocannon";

import { headersOf, type Operation } from "./operations/operation.ts";
import { cpuMicrosOf, inTurn, round2, type Figures, type Pace } from "./rounds.ts";
import type { World } from "./world.ts";

/** How long each is warmed up, in seconds. */
const warming = 1;
/** How often it is looked whether all is done, in milliseconds. */
const looking = 20;

/** How many ask at once for what takes long. */
const fewConnections = 4;
/** The fewest requests of a connection that make a round. */
const leastEach = 4;

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
  const connections = operation.heavy ? fewConnections : pace.connections;
  const prepare = async (address: URL) => {
    const duration = Math.min(warming, pace.seconds);
    const { requests, duration: taken } = await fire(world, address, operation, { connections, duration });
    // As many as fit the time: counted to their end, so that no work is left out or begun for nothing.
    const amount = Math.max(leastEach * connections, Math.round((requests.total / taken) * pace.seconds));
    return () => measure(world, address, operation, { connections, amount });
  };
  const [oursRound, bareRound] = [await prepare(ours), await prepare(bare)];
  return inTurn(pace.rounds, oursRound, bareRound);
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
