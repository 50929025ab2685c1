/** An M/D/1 queue: random arrivals, one server, constant service time. */

export interface Queue {
  /** Arrivals per second. */
  readonly rate: number;
  /** Service time in milliseconds. */
  readonly service: number;
}

/** Returns the share of time the server is busy. At 1 or more the queue grows without limit. */
export function utilisation({ rate, service }: Queue): number {
  return (rate * service) / 1_000;
}

/** Returns the mean wait before service in milliseconds (Pollaczek–Khinchine). Infinity when saturated. */
export function meanWait(queue: Queue): number {
  const busy = utilisation(queue);
  return busy >= 1 ? Infinity : (busy * queue.service) / (2 * (1 - busy));
}

/**
 * Returns the time in milliseconds, wait included, within which a part of the arrivals is served, such as 0.5 or 0.99.
 * Infinity when saturated. Approximates the tail of the wait by its exponential limit (Cramér–Lundberg).
 */
export function quantile(queue: Queue, part: number): number {
  const busy = utilisation(queue);
  if (busy >= 1) return Infinity;
  if (part <= 1 - busy) return queue.service;
  const decay = decayOf(busy);
  const weight = (1 - busy) / (busy * Math.exp(decay) - 1);
  return queue.service * (1 + Math.max(0, Math.log(weight / (1 - part)) / decay));
}

/** Returns the positive root of busy × (e^x − 1) = x: the exponential decay of the tail per service time. */
function decayOf(busy: number): number {
  let [low, high] = [1e-9, 1];
  while (busy * Math.expm1(high) < high) high *= 2;
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (busy * Math.expm1(middle) < middle) low = middle;
    else high = middle;
  }
  return high;
}
