import { UsageMismatch, type EventBatch, type ExpectedUsage, type KeyedIncrement } from "./expected-usage.ts";
import { HttpError, type UsageApi } from "./usage-api.ts";

const connections = 16;

/** Sends increments and events, and records every response in the expected usage. */
export class LoadGenerator {
  readonly #api: UsageApi;
  readonly #expected: ExpectedUsage;
  #killed = false;

  constructor(api: UsageApi, expected: ExpectedUsage) {
    this.#api = api;
    this.#expected = expected;
  }

  /** Keeps all connections busy until `kill` has killed the service. `kill` calls its argument right before it does. */
  async runUntilKilled(kill: (onKill: () => void) => Promise<void>): Promise<void> {
    this.#killed = false;
    const sending = Promise.all(Array.from({ length: connections }, () => this.#keepSending()));
    const killing = kill(() => (this.#killed = true));
    // A failure before the kill ends the test at once.
    await Promise.race([sending, killing]);
    await Promise.all([sending, killing]);
  }

  /** Sends all increments and batches from these positions on again, acknowledged or not. */
  async resend(keyedFrom: number, batchesFrom: number): Promise<void> {
    const calls = [
      ...this.#expected.keyed.slice(keyedFrom).map((increment) => () => this.#increment(increment)),
      ...this.#expected.batches.slice(batchesFrom).map((batch) => () => this.#record(batch)),
    ].values();
    const sendAll = async () => {
      for (const call of calls) await call();
    };
    await Promise.all(Array.from({ length: connections }, sendAll));
  }

  /** Increments by one with a new key. Returns the counter of the month. */
  async incrementOnce(): Promise<number> {
    const increment = this.#expected.addKeyed(1);
    await this.#increment(increment);
    return increment.counter ?? Number.NaN;
  }

  async #keepSending(): Promise<void> {
    while (!this.#killed) {
      try {
        await this.#sendRandomCall();
      } catch (error) {
        const rejected = error instanceof UsageMismatch || (error instanceof HttpError && error.status < 500);
        if (!this.#killed || rejected) throw error;
      }
    }
  }

  /** Sends mostly increments with a key, and among them retries, also of calls still without a response. */
  async #sendRandomCall(): Promise<void> {
    const { keyed, batches } = this.#expected;
    const chance = Math.random();
    if (chance < 0.06) await this.#incrementWithoutKey();
    else if (chance < 0.2) await this.#record(this.#expected.addBatch(1 + randomInteger(20)));
    else if (chance < 0.22) await this.#record(pickRecent(batches) ?? this.#expected.addBatch(1));
    else if (chance < 0.3) await this.#increment(pickRecent(keyed) ?? this.#expected.addKeyed(1));
    else await this.#increment(this.#expected.addKeyed(1 + randomInteger(9)));
  }

  async #increment(increment: KeyedIncrement): Promise<void> {
    const counter = await this.#api.increment(increment.amount, increment.key);
    this.#expected.acknowledgeKeyed(increment, counter);
  }

  async #incrementWithoutKey(): Promise<void> {
    this.#expected.keyless.unknown += 1;
    const counter = await this.#api.increment(1, undefined);
    this.#expected.keyless.unknown -= 1;
    this.#expected.acknowledgeKeyless(counter);
  }

  async #record(batch: EventBatch): Promise<void> {
    batch.sent += 1;
    this.#expected.acknowledgeBatch(batch, await this.#api.record(batch.events));
  }
}

function pickRecent<Item>(items: readonly Item[]): Item | undefined {
  return items.at(-1 - randomInteger(50));
}

/** Returns an integer from 0 up to but not including `end`. */
function randomInteger(end: number): number {
  return Math.floor(Math.random() * end);
}
