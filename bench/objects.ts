import type { Environment } from "./environment.ts";
import { alternate, cpuMicrosOf, median, round2, type Figures, type Pace } from "./rounds.ts";

/** Calls in a round, per second of its length. An object handles thousands per second. */
const callsPerSecond = 4_000;

const comparisons = [
  { name: "increment in the object", objects: 1, against: "bare" },
  { name: "increment in the object, 64 objects", objects: 64, against: "bare" },
  { name: "increment in the object, bare object returns its count", objects: 1, against: "returning" },
] as const;

/** Compares increments in the service's object with a bare object, called directly. */
export async function compareObjects(environment: Environment, { connections, seconds, rounds }: Pace) {
  const results = [];
  for (const { name, objects, against } of comparisons) {
    const round = (call: Calls["call"], times: number) =>
      callObjects(environment, { call, times, connections, objects });
    await round("ours", callsPerSecond);
    await round(against, callsPerSecond);
    const figures = await alternate(
      rounds,
      () => round("ours", callsPerSecond * seconds),
      () => round(against, callsPerSecond * seconds),
    );
    results.push({ name, ...figures });
  }
  return results;
}

/** Returns the milliseconds of a call that records 1,000 events. Calls run one after another. */
export async function measureRecording(environment: Environment, { rounds }: Pace): Promise<number> {
  const times = 20;
  const round = () => callObjects(environment, { call: "record", times, connections: 1, objects: 1 });
  await round();
  const rates: number[] = [];
  for (let number = 0; number < rounds; number += 1) rates.push((await round()).requestsPerSecond);
  return round2(1000 / median(rates));
}

interface Calls {
  readonly call: "ours" | "bare" | "returning" | "record";
  readonly times: number;
  readonly connections: number;
  readonly objects: number;
}

async function callObjects(environment: Environment, calls: Calls): Promise<Figures> {
  const { result, cpuMicros } = await cpuMicrosOf(environment, async () => {
    const start = performance.now();
    const response = await fetch(environment.address.objects, {
      method: "POST",
      body: JSON.stringify(calls),
    });
    if (!response.ok) {
      throw new Error(`Calls to the objects failed: ${response.status} ${await response.text()}`);
    }
    return { requests: calls.times, result: performance.now() - start };
  });
  return { requestsPerSecond: round2((calls.times * 1000) / result), cpuMicros };
}
