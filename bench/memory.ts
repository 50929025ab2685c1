import { send } from "./load.ts";
import type { Operation } from "./operations/operation.ts";
import { residentBytes } from "./processor.ts";
import { round2 } from "./rounds.ts";
import type { World } from "./world.ts";

/** After how many requests the runtime's memory is looked at. */
const early = 20_000;
const late = 200_000;
/** How many of one operation are sent before the next one's turn. */
const turn = 500;

/**
 * Measures what memory the runtime holds after many mixed requests, against after fewer; undefined where
 * the system does not tell. It is the least that was held while each operation had its last turn: answers
 * that are not collected yet, of `/openapi.json` by the hundred megabytes, come and go.
 */
export async function measureMemory(world: World, operations: readonly Operation[]) {
  const { runtime } = world;
  if (runtime === undefined) return undefined;
  const sendUntil = async (sent: number, end: number) => {
    const held: number[] = [];
    for (let at = sent; at < end; at += turn) {
      const operation = operations[(at / turn) % operations.length];
      if (operation !== undefined) await send(world, world.address.ours, operation, turn);
      held.push(await residentBytes(runtime));
    }
    return Math.min(...held.slice(-operations.length));
  };
  const before = await sendUntil(0, early);
  const after = await sendUntil(early, late);
  const megabytes = (bytes: number) => Math.round(bytes / 1_000_000);
  return {
    requests: [early, late],
    megabytes: [megabytes(before), megabytes(after)],
    ratio: round2(after / before),
  };
}
