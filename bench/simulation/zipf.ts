/** Zipf's law over a number of accounts: the n-th most active one has 1/n^exponent of the activity of the first. */

/** Returns the sum of f over the ranks 1 to `accounts`: exact for the first thousand, then in steps of about 1 %. */
export function sumOverRanks(accounts: number, f: (rank: number) => number): number {
  let sum = 0;
  let rank = 1;
  while (rank <= accounts) {
    const step = Math.min(rank <= 1_000 ? 1 : Math.ceil(rank / 100), accounts - rank + 1);
    sum += step * f(rank + (step - 1) / 2);
    rank += step;
  }
  return sum;
}

/** Returns a function from a rank to its share of the total activity. */
export function zipf(accounts: number, exponent: number): (rank: number) => number {
  const total = sumOverRanks(accounts, (rank) => rank ** -exponent);
  return (rank) => rank ** -exponent / total;
}
