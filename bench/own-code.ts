import { headersOf, type Operation } from "./operations/operation.ts";
import { cpuMicrosOf, median, type Pace } from "./rounds.ts";
import type { World } from "./world.ts";

/** What is measured: reads, writes and a count, none of which streams. */
const measured = new Set([
  "get account",
  "list organizations, page 1",
  "increment, one account",
  "create account",
  "update member",
  "invite",
]);
/** How many answers a call makes: enough that the call itself does not count. */
const times = 2_000;

/**
 * Measures the service's own code: an operation answered again and again with what database and usage
 * object answered the first time. In microseconds of processor time for each answer, making its
 * request (5 to 10) included; undefined where the system does not tell.
 */
export async function measureOwnCode(world: World, operations: readonly Operation[], { rounds }: Pace) {
  const results = [];
  for (const operation of operations.filter(({ name }) => measured.has(name))) {
    await answer(world, operation);
    const micros: number[] = [];
    for (let round = 0; round < rounds; round += 1) micros.push(await answer(world, operation));
    results.push({ name: operation.name, micros: median(micros) });
  }
  return results;
}

async function answer(world: World, operation: Operation): Promise<number> {
  const { path, method, body } = operation;
  const { cpuMicros } = await cpuMicrosOf(world, async () => {
    const asked = {
      url: new URL(typeof path === "string" ? path : path(), "https://bench.example").href,
      method,
      headers: headersOf(world, operation),
      ...(body && { body: body() }),
      times,
    };
    const address = world.address["own-code"];
    const answered = await fetch(address, { method: "POST", body: JSON.stringify(asked) });
    if (!answered.ok) throw new Error(`${operation.name}: ${answered.status} ${await answered.text()}`);
    return { requests: times, result: undefined };
  });
  return cpuMicros ?? Number.NaN;
}
