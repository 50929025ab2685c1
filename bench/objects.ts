import { cpuMicrosOf, inTurn, median, round2, type Figures, type Pace } from "./rounds.ts";
import type { World } from "./world.ts";

/** How many calls make a round for each second that a round lasts; thousands are done in one. */
const callsASecond = 4_000;

const comparisons = [
  { name: "increment in the object", objects: 1, against: "bare" },
  { name: "increment in the object, 64 objects", objects: 64, against: "bare" },
  { name: "increment in the object, bare tells its count", objects: 1, against: "telling" },
] as const;

/** Measures increments in our object and in a bare one, called directly. */
export async function compareObjects(world: World, { connections, seconds, rounds }: Pace) {
  const results = [];
  for (const { name, objects, against } of comparisons) {
    const round = (call: Calls["call"], times: number) =>
      callObjects(world, { call, times, connections, objects });
    await round("ours", callsASecond);
    await round(against, callsASecond);
    const figures = await inTurn(
      rounds,
      () => round("ours", callsASecond * seconds),
      () => round(against, callsASecond * seconds),
    );
    results.push({ name, ...figures });
  }
  return results;
}

/** Measures calls that bring 1,000 events each, one after the other; returns milliseconds a call. */
export async function measureRecording(world: World, { rounds }: Pace): Promise<number> {
  const times = 20;
  const round = () => callObjects(world, { call: "record", times, connections: 1, objects: 1 });
  await round();
  const paces: number[] = [];
  for (let number = 0; number < rounds; number += 1) paces.push((await round()).requestsPerSecond);
  return round2(1000 / median(paces));
}

interface Calls {
  readonly call: "ours" | "bare" | "telling" | "record";
  readonly times: number;
  readonly connections: number;
  readonly objects: number;
}

async function callObjects(world: World, calls: Calls): Promise<Figures> {
  const { result, cpuMicros } = await cpuMicrosOf(world, async () => {
    const began = performance.now();
    const answer = await fetch(world.address.objects, { method: "POST", body: JSON.stringify(calls) });
    if (!answer.ok) throw new Error(`The objects failed: ${answer.status} ${await answer.text()}`);
    return { requests: calls.times, result: performance.now() - began };
  });
  return { requestsPerSecond: round2((calls.times * 1000) / result), cpuMicros };
}
