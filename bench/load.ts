import autocannon from "autocannon";

import type { Environment } from "./environment.ts";
import { headersOf, type Operation } from "./operations/operation.ts";
import { alternate, cpuMicrosOf, round2, type Figures, type Pace } from "./rounds.ts";

/** Duration of the warm-up, in seconds. */
const warmUpSeconds = 1;
/** Interval at which autocannon checks whether it is done, in milliseconds. */
const sampleInterval = 20;

/** Connections for slow operations. */
const slowConnections = 4;
/** Minimum number of requests of a connection in a round. */
const minRequestsPerConnection = 4;

/** Compares an operation of the service with the bare Worker. */
export async function compareOperation(environment: Environment, operation: Operation, pace: Pace) {
  const { ours, bare } = environment.address;
  return compare(environment, operation, pace, { ours, bare });
}

/** Compares an operation with the log line (`ours`) and without it (`bare`). */
export function compareLogging(environment: Environment, operation: Operation, pace: Pace) {
  const { logging: ours, ours: bare } = environment.address;
  return compare(environment, operation, pace, { ours, bare });
}

/** Sends a number of requests. Throws if one fails. */
export async function send(
  environment: Environment,
  address: URL,
  operation: Operation,
  amount: number,
): Promise<void> {
  await runLoad(environment, address, operation, { connections: 16, amount });
}

async function compare(
  environment: Environment,
  operation: Operation,
  pace: Pace,
  { ours, bare }: Record<"ours" | "bare", URL>,
) {
  const connections = operation.slow ? slowConnections : pace.connections;
  const prepare = async (address: URL) => {
    const duration = Math.min(warmUpSeconds, pace.seconds);
    const { requests, duration: taken } = await runLoad(environment, address, operation, {
      connections,
      duration,
    });
    // A fixed number of requests that takes about the given time, so that no request is cut off at the end.
    const amount = Math.max(
      minRequestsPerConnection * connections,
      Math.round((requests.total / taken) * pace.seconds),
    );
    return () => measure(environment, address, operation, { connections, amount });
  };
  const [oursRound, bareRound] = [await prepare(ours), await prepare(bare)];
  return alternate(pace.rounds, oursRound, bareRound);
}

async function measure(
  environment: Environment,
  address: URL,
  operation: Operation,
  load: Load,
): Promise<Figures> {
  const { result, cpuMicros } = await cpuMicrosOf(environment, async () => {
    const run = await runLoad(environment, address, operation, load);
    return { requests: run.requests.total, result: run };
  });
  return {
    requestsPerSecond: round2(result.requests.total / result.duration),
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    cpuMicros,
  };
}

/** A load of some seconds, or of a number of requests. */
type Load = { readonly connections: number } & ({ readonly duration: number } | { readonly amount: number });

async function runLoad(environment: Environment, address: URL, operation: Operation, load: Load) {
  const { method, path, body } = operation;
  const run = await autocannon({
    ...load,
    sampleInt: sampleInterval,
    url: new URL(typeof path === "string" ? path : path(), address).href,
    method,
    headers: headersOf(environment, operation),
    // Only if requests differ, because generating each request slows down the sender.
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
