import { CliError } from "../cli.ts";
import type { Reading, Recorded, UsageEvent } from "./api.ts";

/** Something counted that should not be, or not counted that should. */
export class Breach extends CliError {}

/** An increment with a key: it counts once, however often it is sent. */
export interface KeyedIncrement {
  readonly key: string;
  readonly amount: number;
  /** What it was answered; undefined as long as it was not. */
  answer?: number;
}

/** Events sent in one call: all of them count or none. */
export interface EventBatch {
  readonly events: readonly UsageEvent[];
  /** How many calls brought it. */
  sent: number;
  acknowledged: boolean;
  accepted: boolean;
}

/** What was asked of the service and what it acknowledged, against which its readings are held. */
export class Ledger {
  readonly keyed: KeyedIncrement[] = [];
  readonly batches: EventBatch[] = [];
  /** Increments of one without a key: acknowledged, and sent without an answer since the last settlement. */
  readonly keyless = { acknowledged: 0, unanswered: 0 };
  /** Which increment was told each usage: no two the same. */
  readonly #told = new Map<number, string>();
  /** How many of the unanswered ones without a key turned out to be counted. */
  #found = 0;

  addKeyed(amount: number): KeyedIncrement {
    const increment = { key: `key-${this.keyed.length}`, amount };
    this.keyed.push(increment);
    return increment;
  }

  addBatch(size: number): EventBatch {
    const name = this.batches.length;
    const events = Array.from({ length: size }, (_, place) => {
      return { id: `event-${name}-${place}`, metric: "pages_processed" as const, value: 1 + (place % 9) };
    });
    const batch = { events, sent: 0, acknowledged: false, accepted: false };
    this.batches.push(batch);
    return batch;
  }

  /** Throws a Breach when a repeat is told something else, or when two increments are told the same. */
  acknowledgeKeyed(increment: KeyedIncrement, usage: number): void {
    const { key, answer } = increment;
    if (answer !== undefined && answer !== usage) {
      throw new Breach(`${key} was answered ${answer} first and ${usage} when repeated`);
    }
    if (answer === undefined) this.#tell(key, usage);
    increment.answer = usage;
  }

  acknowledgeKeyless(usage: number): void {
    this.keyless.acknowledged += 1;
    this.#tell(`keyless ${this.keyless.acknowledged}`, usage);
  }

  acknowledgeBatch(batch: EventBatch, { accepted, duplicates, refused }: Recorded): void {
    const size = batch.events.length;
    const name = `the events from ${batch.events[0]?.id ?? "none"}`;
    if (accepted + duplicates !== size || refused.length > 0 || (accepted > 0 && duplicates > 0)) {
      throw new Breach(`${name}: of ${size}, ${accepted} were accepted and ${duplicates} known`);
    }
    if (accepted > 0 && batch.accepted) throw new Breach(`${name} were accepted twice`);
    if (duplicates > 0 && batch.sent === 1) throw new Breach(`${name} were known before they were sent`);
    batch.accepted ||= accepted > 0;
    batch.acknowledged = true;
  }

  /** How many increments and batches nobody knows whether they count. */
  unacknowledged(): number {
    const keyed = this.keyed.filter(({ answer }) => answer === undefined);
    const batches = this.batches.filter((batch) => !batch.acknowledged);
    return keyed.length + batches.length + this.keyless.unanswered;
  }

  /** Throws a Breach when less is there than was acknowledged, or more than was sent. */
  requireWithin(what: string, { usage, pages }: Reading): void {
    requireBetween(`${what}: usage`, usage, this.#usageBounds());
    requireBetween(`${what}: pages`, pages, this.#pagesBounds());
  }

  /**
   * Takes a counter for what holds from now on, once everything with a key or an id was answered:
   * only increments without a key that were not answered may or may not be in it.
   */
  settle(what: string, counter: number): void {
    const bounds = this.#usageBounds();
    requireBetween(what, counter, bounds);
    this.#found += counter - bounds.least;
    this.keyless.unanswered = 0;
  }

  #tell(name: string, usage: number): void {
    const other = this.#told.get(usage);
    if (other !== undefined) throw new Breach(`${other} and ${name} were both answered ${usage}`);
    this.#told.set(usage, name);
  }

  #usageBounds(): Bounds {
    const { acknowledged, unanswered } = this.keyless;
    const known = this.keyed.filter(({ answer }) => answer !== undefined);
    const least = sum(known.map(({ amount }) => amount)) + acknowledged + this.#found;
    const sent = sum(this.keyed.map(({ amount }) => amount)) + acknowledged + this.#found;
    return { least, most: sent + unanswered };
  }

  #pagesBounds(): Bounds {
    const known = this.batches.filter((batch) => batch.acknowledged);
    return { least: pagesOf(known), most: pagesOf(this.batches) };
  }
}

interface Bounds {
  readonly least: number;
  readonly most: number;
}

function requireBetween(what: string, value: number, { least, most }: Bounds): void {
  if (value < least) throw new Breach(`${what} is ${value}: ${least - value} acknowledged are lost`);
  if (value > most) throw new Breach(`${what} is ${value}: ${value - most} more than were ever sent`);
}

function pagesOf(batches: readonly EventBatch[]): number {
  return sum(batches.flatMap(({ events }) => events.map(({ value }) => value)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
