/** Chance that is the same every time: all draws follow from the words it was made from. */
export class Random {
  #state: number;

  constructor(words: string) {
    // FNV-1a, and then mixed: neighbouring words begin far apart.
    let hash = 2_166_136_261;
    for (const character of words) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619);
    this.#state = hash >>> 0;
    this.next();
  }

  /** From 0 to below 1, by mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<Value>(values: readonly Value[]): Value {
    const [value] = values.slice(this.below(values.length));
    if (value === undefined) throw new Error("there is nothing to pick from");
    return value;
  }

  /** Returns words of letters and digits, as good as never drawn twice. */
  word(): string {
    return Array.from({ length: 2 }, () => this.below(2 ** 32).toString(36)).join("");
  }

  uuid(): string {
    const hex = Array.from({ length: 32 }, () => this.below(16).toString(16)).join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}
