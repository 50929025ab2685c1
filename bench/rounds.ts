import { processorSeconds } from "./processor.ts";
import type { World } from "./world.ts";

/** How long and how often everything is measured. */
export interface Pace {
  readonly connections: number;
  readonly seconds: number;
  readonly rounds: number;
}

/** What one round measured. */
export interface Figures {
  readonly requestsPerSecond: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** Processor time of the whole runtime for one request; undefined where the system does not tell. */
  readonly cpuMicros?: number | undefined;
}

/** Rounds in turn, ours and bare, and the median of each; the ratios are the medians of the rounds' own. */
export async function inTurn(rounds: number, ours: () => Promise<Figures>, bare: () => Promise<Figures>) {
  const pairs: { ours: Figures; bare: Figures }[] = [];
  for (let round = 0; round < rounds; round += 1) pairs.push({ ours: await ours(), bare: await bare() });
  return {
    ours: middle(pairs.map((pair) => pair.ours)),
    bare: middle(pairs.map((pair) => pair.bare)),
    ratio: round2(median(pairs.map((pair) => pair.ours.requestsPerSecond / pair.bare.requestsPerSecond))),
    /** Bare's processor time over ours, so that it reads as the other. */
    cpuRatio: round2(
      median(pairs.map((pair) => (pair.bare.cpuMicros ?? Number.NaN) / (pair.ours.cpuMicros ?? Number.NaN))),
    ),
  };
}

/** Measures the runtime's processor time for each of as many requests as `work` says it made. */
export async function cpuMicrosOf<Result>(
  { runtime }: Pick<World, "runtime">,
  work: () => Promise<{ requests: number; result: Result }>,
): Promise<{ result: Result; cpuMicros: number | undefined }> {
  const before = runtime === undefined ? 0 : await processorSeconds(runtime);
  const { requests, result } = await work();
  if (runtime === undefined) return { result, cpuMicros: undefined };
  const used = (await processorSeconds(runtime)) - before;
  return { result, cpuMicros: Math.round((used * 1_000_000) / requests) };
}

export function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

export function round2(value: number): number {
  return Math.round(value * 100) / 100;
}

function middle(rounds: readonly Figures[]): Figures {
  const medians = Object.keys(rounds[0] ?? {}).map((name) => {
    const values = rounds.map((round) => round[name as keyof Figures]);
    return [name, values.includes(undefined) ? undefined : median(values as number[])];
  });
  return Object.fromEntries(medians) as Figures;
}
