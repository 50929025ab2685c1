import { CliError } from "../../cli.ts";
import type { RecordedEvents, UsageEvent, UsageTotals } from "./usage-api.ts";

/** The service lost acknowledged usage, or counted some twice. */
export class UsageMismatch extends CliError {}

/** An increment with an idempotency key. It counts once, however often it is sent. */
export interface KeyedIncrement {
  readonly key: string;
  readonly amount: number;
  /** The counter in the response; undefined until there is one. */
  counter?: number;
}

/** Events of one call. Either all of them count or none. */
export interface EventBatch {
  readonly events: readonly UsageEvent[];
  /** How often the batch was sent. */
  sent: number;
  acknowledged: boolean;
  accepted: boolean;
}

/** Records what was sent and acknowledged, and compares it with what the service has counted. */
export class ExpectedUsage {
  readonly keyed: KeyedIncrement[] = [];
  readonly batches: EventBatch[] = [];
  /** Increments of one without a key. `unknown` are those without a response since the last call of `settle`. */
  readonly keyless = { acknowledged: 0, unknown: 0 };
  /** Which increment each counter was returned to. No two increments get the same. */
  readonly #counters = new Map<number, string>();
  /** How many of the unknown increments turned out to be counted. */
  #found = 0;

  addKeyed(amount: number): KeyedIncrement {
    const increment = { key: `key-${this.keyed.length}`, amount };
    this.keyed.push(increment);
    return increment;
  }

  addBatch(size: number): EventBatch {
    const number = this.batches.length;
    const events = Array.from({ length: size }, (_, index) => {
      return { id: `event-${number}-${index}`, metric: "pages_processed" as const, value: 1 + (index % 9) };
    });
    const batch = { events, sent: 0, acknowledged: false, accepted: false };
    this.batches.push(batch);
    return batch;
  }

  /** Throws UsageMismatch if a retry got another counter, or two increments got the same. */
  acknowledgeKeyed(increment: KeyedIncrement, counter: number): void {
    const { key, counter: first } = increment;
    if (first !== undefined && first !== counter) {
      throw new UsageMismatch(`${key} returned ${first} first and ${counter} when it was sent again.`);
    }
    if (first === undefined) this.#addCounter(key, counter);
    increment.counter = counter;
  }

  acknowledgeKeyless(counter: number): void {
    this.keyless.acknowledged += 1;
    this.#addCounter(`increment ${this.keyless.acknowledged} without a key`, counter);
  }

  acknowledgeBatch(batch: EventBatch, { accepted, duplicates, refused }: RecordedEvents): void {
    const size = batch.events.length;
    const name = `The batch of ${batch.events[0]?.id ?? "no event"}`;
    if (accepted + duplicates !== size || refused.length > 0 || (accepted > 0 && duplicates > 0)) {
      throw new UsageMismatch(`${name} (${size} events): ${accepted} accepted, ${duplicates} duplicates.`);
    }
    if (accepted > 0 && batch.accepted) throw new UsageMismatch(`${name} was accepted twice.`);
    if (duplicates > 0 && batch.sent === 1) throw new UsageMismatch(`${name} was a duplicate at first.`);
    batch.accepted ||= accepted > 0;
    batch.acknowledged = true;
  }

  /** Returns how many increments and batches may or may not be counted. */
  countUnacknowledged(): number {
    const keyed = this.keyed.filter(({ counter }) => counter === undefined);
    const batches = this.batches.filter((batch) => !batch.acknowledged);
    return keyed.length + batches.length + this.keyless.unknown;
  }

  /** Throws UsageMismatch if less is counted than was acknowledged, or more than was sent. */
  assertWithinBounds(when: string, { usage, pages }: UsageTotals): void {
    assertBetween(`usage ${when}`, usage, this.#usageBounds());
    assertBetween(`pages ${when}`, pages, this.#pagesBounds());
  }

  /**
   * Takes the counter as exact from now on. Everything with a key or an id must have a response, so that only
   * increments without a key can make a difference. Throws UsageMismatch.
   */
  settle(when: string, counter: number): void {
    const bounds = this.#usageBounds();
    assertBetween(`the counter ${when}`, counter, bounds);
    this.#found += counter - bounds.min;
    this.keyless.unknown = 0;
  }

  #addCounter(increment: string, counter: number): void {
    const other = this.#counters.get(counter);
    if (other !== undefined) throw new UsageMismatch(`${other} and ${increment} both returned ${counter}.`);
    this.#counters.set(counter, increment);
  }

  #usageBounds(): Bounds {
    const settled = this.keyless.acknowledged + this.#found;
    const acknowledged = this.keyed.filter(({ counter }) => counter !== undefined);
    const amountOf = (increments: readonly KeyedIncrement[]) => sum(increments.map(({ amount }) => amount));
    return {
      min: amountOf(acknowledged) + settled,
      max: amountOf(this.keyed) + settled + this.keyless.unknown,
    };
  }

  #pagesBounds(): Bounds {
    return { min: pagesOf(this.batches.filter((batch) => batch.acknowledged)), max: pagesOf(this.batches) };
  }
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

function assertBetween(what: string, value: number, { min, max }: Bounds): void {
  if (value < min) throw new UsageMismatch(`${what} is ${value}: ${min - value} acknowledged are lost.`);
  if (value > max) throw new UsageMismatch(`${what} is ${value}: ${value - max} more than were sent.`);
}

function pagesOf(batches: readonly EventBatch[]): number {
  return sum(batches.flatMap(({ events }) => events.map(({ value }) => value)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
