import type { Environment } from "./environment.ts";
import { headersOf, type Operation } from "./operations/operation.ts";
import { cpuMicrosOf, median, type Pace } from "./rounds.ts";

/** The measured operations: reads, changes and an increment without a streamed response. */
const measured = new Set([
  "get account",
  "list organizations, page 1",
  "increment, one account",
  "create account",
  "update member",
  "invite",
]);
/** Responses per call, so many that the call itself is negligible. */
const responsesPerCall = 2_000;

/**
 * Measures the service's own code: runs an operation repeatedly with cached results of the database and the usage
 * object. In microseconds of processor time per response, including 5 to 10 for creating the request. NaN where the
 * system has no `/proc`.
 */
export async function measureOwnCode(
  environment: Environment,
  operations: readonly Operation[],
  { rounds }: Pace,
) {
  const results = [];
  for (const operation of operations.filter(({ name }) => measured.has(name))) {
    await runOperation(environment, operation);
    const micros: number[] = [];
    for (let round = 0; round < rounds; round += 1) micros.push(await runOperation(environment, operation));
    results.push({ name: operation.name, micros: median(micros) });
  }
  return results;
}

async function runOperation(environment: Environment, operation: Operation): Promise<number> {
  const { path, method, body } = operation;
  const { cpuMicros } = await cpuMicrosOf(environment, async () => {
    const request = {
      url: new URL(typeof path === "string" ? path : path(), "https://bench.example").href,
      method,
      headers: headersOf(environment, operation),
      ...(body && { body: body() }),
      times: responsesPerCall,
    };
    const address = environment.address["own-code"];
    const response = await fetch(address, { method: "POST", body: JSON.stringify(request) });
    if (!response.ok) throw new Error(`${operation.name}: ${response.status} ${await response.text()}`);
    return { requests: responsesPerCall, result: undefined };
  });
  return cpuMicros ?? Number.NaN;
}
