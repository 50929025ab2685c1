/**
 * Compares the built service with a bare Worker that does only the storage work, in alternating rounds: `npm run bench`.
 * Also measures usage objects, token verification, start-up and memory.
 *
 * `--accounts N` sets the size of the database, `--json` prints JSON, `--quick` uses shorter rounds without memory, and
 * `--only WORD` measures what contains that word in its name.
 */
import { parseArgs } from "node:util";

import { readAccounts } from "./data/size.ts";
import { startEnvironment } from "./environment.ts";
import { describeMachine } from "./machine.ts";
import { measureLogging, measureOperations } from "./measure.ts";
import { measureMemory } from "./memory.ts";
import { compareObjects, measureRecording } from "./objects.ts";
import { measureOwnCode } from "./own-code.ts";
import { prepareOperations } from "./operations/prepare.ts";
import { pricesAsOf } from "./prices.ts";
import { printOperations, printOthers } from "./report.ts";
import type { Pace } from "./rounds.ts";
import { measureStartup } from "./startup.ts";
import { compareVerification } from "./verification.ts";

const { values } = parseArgs({
  options: {
    accounts: { type: "string" },
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "" },
  },
});
const pace: Pace = { connections: 16, seconds: values.quick ? 0.4 : 5, rounds: values.quick ? 3 : 5 };
const isSelected = (name: string) => name.includes(values.only);

const accounts = readAccounts(values.accounts);
const startup = isSelected("start-up") ? await measureStartup(pace.rounds) : undefined;
const environment = await startEnvironment(accounts);
try {
  const all = await prepareOperations(environment);
  const [first] = all;
  const fastOperations = all.filter(({ slow }) => slow !== true);
  // First, because the other measurements allocate more memory than this one.
  const memory =
    isSelected("memory") && !values.quick ? await measureMemory(environment, fastOperations) : undefined;
  const operations = await measureOperations(
    environment,
    all.filter(({ name }) => isSelected(name)),
    pace,
  );
  const others = {
    requestLog:
      first && isSelected("request log") ? await measureLogging(environment, first, pace) : undefined,
    objects: isSelected("increment in the object") ? await compareObjects(environment, pace) : undefined,
    recordingMs: isSelected("record in the object") ? await measureRecording(environment, pace) : undefined,
    ownCodeMicros: isSelected("own code") ? await measureOwnCode(environment, all, pace) : undefined,
    verification: isSelected("verification") ? await compareVerification(environment, pace) : undefined,
    startup,
    memory,
  };
  if (values.json) {
    const machine = await describeMachine();
    const measuredAt = new Date().toISOString();
    const document = {
      measuredAt,
      machine,
      accounts,
      ...pace,
      pricesReadIn: pricesAsOf,
      operations,
      ...others,
    };
    console.log(JSON.stringify(document, null, 2));
  } else {
    printOperations(operations);
    printOthers(others);
  }
} finally {
  await environment.dispose();
}
