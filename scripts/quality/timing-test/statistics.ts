/**
 * Returns the probability, from 0 to 1, that one of `times` is longer than one of `others`: 0.5 if both have the same
 * distribution. This is the Mann-Whitney U statistic, which outliers do not distort.
 */
export function probabilitySlower(times: readonly number[], others: readonly number[]): number {
  const sorted = others.toSorted((one, other) => one - other);
  const slower = times.reduce((sum, time) => {
    const shorter = countUntil(sorted, (other) => other >= time);
    const shorterOrEqual = countUntil(sorted, (other) => other > time);
    return sum + (shorter + shorterOrEqual) / 2;
  }, 0);
  return slower / (times.length * sorted.length);
}

export function median(times: readonly number[]): number {
  return times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)] ?? Number.NaN;
}

/** Formats a probability with the range that 95 % of samples from the same distribution fall into. */
export function formatProbability(probability: number, samples: number): string {
  const noise = 1.96 * Math.sqrt((2 * samples + 1) / (12 * samples * samples));
  return `${(100 * probability).toFixed(1)} % (noise: 50 ± ${(100 * noise).toFixed(1)} %)`;
}

/** Returns how many items come before the first that matches. No item after it may fail to match. Takes O(log n). */
function countUntil(sorted: readonly number[], matches: (value: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const value = sorted[middle];
    if (value === undefined || matches(value)) high = middle;
    else low = middle + 1;
  }
  return low;
}
