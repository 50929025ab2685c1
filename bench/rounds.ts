import type { Environment } from "./environment.ts";
import { processorSeconds } from "./process-stats.ts";

/** Length and number of rounds. */
export interface Pace {
  readonly connections: number;
  readonly seconds: number;
  readonly rounds: number;
}

/** The results of one round. */
export interface Figures {
  readonly requestsPerSecond: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** Processor time of the whole runtime per request. Undefined where the system has no `/proc`. */
  readonly cpuMicros?: number | undefined;
}

/** Runs alternating rounds of both. Returns the medians, and the medians of each pair's ratios. */
export async function alternate(rounds: number, ours: () => Promise<Figures>, bare: () => Promise<Figures>) {
  const pairs: { ours: Figures; bare: Figures }[] = [];
  for (let round = 0; round < rounds; round += 1) pairs.push({ ours: await ours(), bare: await bare() });
  return {
    ours: medianFigures(pairs.map((pair) => pair.ours)),
    bare: medianFigures(pairs.map((pair) => pair.bare)),
    ratio: round2(median(pairs.map((pair) => pair.ours.requestsPerSecond / pair.bare.requestsPerSecond))),
    /** Processor time of `bare` divided by that of `ours`: as with `ratio`, more is better. */
    cpuRatio: round2(
      median(pairs.map((pair) => (pair.bare.cpuMicros ?? Number.NaN) / (pair.ours.cpuMicros ?? Number.NaN))),
    ),
  };
}

/** Returns the runtime's processor time per request of `work`, in microseconds. */
export async function cpuMicrosOf<Result>(
  { runtime }: Pick<Environment, "runtime">,
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

function medianFigures(rounds: readonly Figures[]): Figures {
  const medians = Object.keys(rounds[0] ?? {}).map((name) => {
    const values = rounds.map((round) => round[name as keyof Figures]);
    return [name, values.includes(undefined) ? undefined : median(values as number[])];
  });
  return Object.fromEntries(medians) as Figures;
}
