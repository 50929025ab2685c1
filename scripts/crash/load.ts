import { Declined, type Api } from "./api.ts";
import { Breach, type EventBatch, type KeyedIncrement, type Ledger } from "./ledger.ts";

const connections = 16;

/** Everything that is asked of the service, each answer noted in the ledger as it comes. */
export class Load {
  readonly #api: Api;
  readonly #ledger: Ledger;
  #killed = false;

  constructor(api: Api, ledger: Ledger) {
    this.#api = api;
    this.#ledger = ledger;
  }

  /** Keeps all connections busy until `kill` has killed the service; it is given what to call right before it does. */
  async until(kill: (now: () => void) => Promise<void>): Promise<void> {
    this.#killed = false;
    const busy = Promise.all(Array.from({ length: connections }, () => this.#keepAsking()));
    const killing = kill(() => (this.#killed = true));
    // What goes wrong before the kill is told of at once.
    await Promise.race([busy, killing]);
    await Promise.all([busy, killing]);
  }

  /** Sends again what was sent from these places on, whether it was acknowledged or not. */
  async repeat(keyedFrom: number, batchesFrom: number): Promise<void> {
    const calls = [
      ...this.#ledger.keyed.slice(keyedFrom).map((increment) => () => this.#increment(increment)),
      ...this.#ledger.batches.slice(batchesFrom).map((batch) => () => this.#record(batch)),
    ];
    const queue = calls.values();
    await Promise.all(
      Array.from({ length: connections }, async () => {
        for (const call of queue) await call();
      }),
    );
  }

  /** Counts one more, with a key; returns what the month counts with it. */
  async probe(): Promise<number> {
    const increment = this.#ledger.addKeyed(1);
    await this.#increment(increment);
    return increment.answer ?? Number.NaN;
  }

  async #keepAsking(): Promise<void> {
    while (!this.#killed) {
      try {
        await this.#askSomething();
      } catch (error) {
        const refused = error instanceof Breach || (error instanceof Declined && error.status < 500);
        if (!this.#killed || refused) throw error;
      }
    }
  }

  /** Mostly increments with a key; repeats among them, of what is still on its way too. */
  async #askSomething(): Promise<void> {
    const { keyed, batches } = this.#ledger;
    const chance = Math.random();
    if (chance < 0.06) await this.#incrementOnce();
    else if (chance < 0.2) await this.#record(this.#ledger.addBatch(1 + random(20)));
    else if (chance < 0.22) await this.#record(recent(batches) ?? this.#ledger.addBatch(1));
    else if (chance < 0.3) await this.#increment(recent(keyed) ?? this.#ledger.addKeyed(1));
    else await this.#increment(this.#ledger.addKeyed(1 + random(9)));
  }

  async #increment(increment: KeyedIncrement): Promise<void> {
    this.#ledger.acknowledgeKeyed(increment, await this.#api.increment(increment.amount, increment.key));
  }

  async #incrementOnce(): Promise<void> {
    this.#ledger.keyless.unanswered += 1;
    const usage = await this.#api.increment(1, undefined);
    this.#ledger.keyless.unanswered -= 1;
    this.#ledger.acknowledgeKeyless(usage);
  }

  async #record(batch: EventBatch): Promise<void> {
    batch.sent += 1;
    this.#ledger.acknowledgeBatch(batch, await this.#api.record(batch.events));
  }
}

function recent<Item>(items: readonly Item[]): Item | undefined {
  return items.at(-1 - random(50));
}

/** Returns a whole number from 0 to below `end`. */
function random(end: number): number {
  return Math.floor(Math.random() * end);
}
