/** Zipf's law over a number of accounts: the n-th is as active as 1/n^exponent. */

/** The sum of f over the ranks from 1 on: the first thousand one by one, the others in stretches that differ little. */
export function sumOverRanks(accounts: number, f: (rank: number) => number): number {
  let sum = 0;
  let rank = 1;
  while (rank <= accounts) {
    const stretch = Math.min(rank <= 1_000 ? 1 : Math.ceil(rank / 100), accounts - rank + 1);
    sum += stretch * f(rank + (stretch - 1) / 2);
    rank += stretch;
  }
  return sum;
}

/** The part of all activity that falls to each rank. */
export function zipf(accounts: number, exponent: number): (rank: number) => number {
  const all = sumOverRanks(accounts, (rank) => rank ** -exponent);
  return (rank) => rank ** -exponent / all;
}
