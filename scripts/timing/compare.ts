/** Something that is asked over and over, and returns its answer as one text. */
export interface Question {
  readonly name: string;
  readonly ask: () => Promise<string>;
}

/**
 * Returns the chance, from 0 to 1, that one of these times is longer than one of the others: 0.5 when
 * time tells nothing (the statistic of Mann and Whitney, which no outlier moves).
 */
export function chanceSlower(times: readonly number[], others: readonly number[]): number {
  const sorted = others.toSorted((one, other) => one - other);
  const won = times.reduce((sum, time) => sum + (countUnder(sorted, time) + countUpTo(sorted, time)) / 2, 0);
  return won / (times.length * sorted.length);
}

export function median(times: readonly number[]): number {
  return times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)] ?? Number.NaN;
}

/** Returns a chance in words, with what samples of one and the same thing stray by, 95 times of 100. */
export function told(chance: number, samples: number): string {
  const noise = 1.96 * Math.sqrt((2 * samples + 1) / (12 * samples * samples));
  return `${(100 * chance).toFixed(1)} % (noise: 50 ± ${(100 * noise).toFixed(1)} %)`;
}

function countUnder(sorted: readonly number[], time: number): number {
  return firstWhere(sorted, (other) => other >= time);
}

function countUpTo(sorted: readonly number[], time: number): number {
  return firstWhere(sorted, (other) => other > time);
}

/** The first place in a sorted list where this holds, which it then does to the end. */
function firstWhere(sorted: readonly number[], holds: (value: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const value = sorted[middle];
    if (value === undefined || holds(value)) high = middle;
    else low = middle + 1;
  }
  return low;
}
