/** A pseudo-random number generator (mulberry32). The same seed gives the same numbers. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** Returns an integer from 0 to 2^32 − 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** Returns an integer from 0 to `end` − 1. */
  below(end: number): number {
    return this.next() % end;
  }

  /** Returns one of the words. */
  pick(words: readonly string[]): string {
    return words[this.below(words.length)] ?? "";
  }

  /** Returns a version 4 UUID. */
  uuid(): string {
    const digits = [this.next(), this.next(), this.next(), this.next()]
      .map((number) => number.toString(16).padStart(8, "0"))
      .join("");
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`;
  }
}
