/**
 * Measures the service as deployed against a bare worker that does only the storage work, in alternating
 * rounds of one run over `--accounts N` accounts, and what else has a bound: its usage object, verifying tokens,
 * its start, its memory. `--json` prints one document, `--quick` takes shorter rounds and leaves memory
 * out, `--only WORD` measures what has that word in its name.
 */
import { parseArgs } from "node:util";

import { readAccounts } from "./data/size.ts";
import { describeMachine } from "./machine.ts";
import { measureLogging, measureOperations } from "./measure.ts";
import { measureMemory } from "./memory.ts";
import { compareObjects, measureRecording } from "./objects.ts";
import { measureOwnCode } from "./own-code.ts";
import { prepareOperations } from "./operations/prepare.ts";
import { pricesReadIn } from "./prices.ts";
import { printOperations, printOthers } from "./report.ts";
import type { Pace } from "./rounds.ts";
import { measureStartup } from "./startup.ts";
import { compareVerification } from "./verification.ts";
import { startWorld } from "./world.ts";

const { values } = parseArgs({
  options: {
    accounts: { type: "string" },
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "" },
  },
});
const pace: Pace = { connections: 16, seconds: values.quick ? 0.4 : 5, rounds: values.quick ? 3 : 5 };
const wanted = (name: string) => name.includes(values.only);

const accounts = readAccounts(values.accounts);
const startup = wanted("start-up") ? await measureStartup(pace.rounds) : undefined;
const world = await startWorld(accounts);
try {
  const all = await prepareOperations(world);
  const [first] = all;
  const quickOnes = all.filter(({ heavy }) => heavy !== true);
  // Before the others, which leave more behind than it sends.
  const memory = wanted("memory") && !values.quick ? await measureMemory(world, quickOnes) : undefined;
  const operations = await measureOperations(
    world,
    all.filter(({ name }) => wanted(name)),
    pace,
  );
  const others = {
    requestLog: first && wanted("request log") ? await measureLogging(world, first, pace) : undefined,
    objects: wanted("increment in the object") ? await compareObjects(world, pace) : undefined,
    recordingMs: wanted("record in the object") ? await measureRecording(world, pace) : undefined,
    ownCodeMicros: wanted("own code") ? await measureOwnCode(world, all, pace) : undefined,
    verification: wanted("verification") ? await compareVerification(world, pace) : undefined,
    startup,
    memory,
  };
  if (values.json) {
    const machine = await describeMachine();
    const measuredAt = new Date().toISOString();
    const document = { measuredAt, machine, accounts, ...pace, pricesReadIn, operations, ...others };
    console.log(JSON.stringify(document, null, 2));
  } else {
    printOperations(operations);
    printOthers(others);
  }
} finally {
  await world.dispose();
}
