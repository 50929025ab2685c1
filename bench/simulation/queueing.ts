/** One server that takes what comes at random, one at a time and each as long as the other: M/D/1. */

export interface Queue {
  /** Arrivals a second. */
  readonly rate: number;
  /** Milliseconds one takes. */
  readonly service: number;
}

/** The part of its time the server is busy; from 1 on it never catches up. */
export function utilisation({ rate, service }: Queue): number {
  return (rate * service) / 1_000;
}

/** Milliseconds an arrival waits on average before it is served (Pollaczek and Khinchine); Infinity past saturation. */
export function meanWait(queue: Queue): number {
  const busy = utilisation(queue);
  return busy >= 1 ? Infinity : (busy * queue.service) / (2 * (1 - busy));
}

/**
 * Milliseconds within which a part of the arrivals, 0.5 or 0.99, is served, the wait included; Infinity
 * past saturation. The tail of the wait is taken as the exponential it goes over into (Cramér and Lundberg).
 */
export function quantile(queue: Queue, part: number): number {
  const busy = utilisation(queue);
  if (busy >= 1) return Infinity;
  if (part <= 1 - busy) return queue.service;
  const decay = decayOf(busy);
  const weight = (1 - busy) / (busy * Math.exp(decay) - 1);
  return queue.service * (1 + Math.max(0, Math.log(weight / (1 - part)) / decay));
}

/** The positive root of busy × (e^x − 1) = x: by how much the tail falls in the time one is served. */
function decayOf(busy: number): number {
  let [least, greatest] = [1e-9, 1];
  while (busy * Math.expm1(greatest) < greatest) greatest *= 2;
  for (let step = 0; step < 60; step += 1) {
    const middle = (least + greatest) / 2;
    if (busy * Math.expm1(middle) < middle) least = middle;
    else greatest = middle;
  }
  return greatest;
}
