/** Races: something else happens between what a request reads and what it writes. */
import { env } from "cloudflare:workers";

import type { Fetch } from "./fixtures.ts";
import { workerWith } from "./worker.ts";

/**
 * Returns a fetch function for one request. `happens` runs once, right before the request writes. The database is
 * the real one; only the time is chosen.
 */
export function raceDuringWrite(happens: () => Promise<unknown>): Fetch {
  let roundTrips = 0;
  const database = new Proxy(env.DB, {
    get(target, name) {
      if (name === "batch") {
        return async (statements: D1PreparedStatement[]) => {
          roundTrips += 1;
          if (roundTrips === 2) await happens();
          return target.batch(statements);
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return workerWith({ DB: database });
}
