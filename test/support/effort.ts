/** How much of the possible work the tests do: a representative part by default, everything with SLOW=1. */
import { inject } from "vitest";

import type { TestEffort } from "./provided.ts";

export const isSlow: TestEffort["slow"] = inject("slow");

/** Returns `full` with SLOW=1, otherwise `usual`. For repetitions, sizes, and runs of a property. */
export function effort(usual: number, full: number): number {
  return isSlow ? full : usual;
}

/**
 * Returns all elements with SLOW=1, otherwise `count` of them beginning at `start`. With the index of the test as
 * `start`, every element is used by some test.
 */
export function sample<Element>(all: readonly Element[], start: number, count = 1): readonly Element[] {
  if (isSlow || all.length <= count) return all;
  return Array.from({ length: count }, (_, at) => all[(start + at) % all.length] as Element);
}
