/**
 * Measures the service as deployed against a bare worker that does only the storage work, and its
 * usage object against a bare one, in alternating rounds of one run. `--json` prints one document,
 * `--quick` takes shorter rounds, `--only WORD` measures what has that word in its name.
 */
import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";

import { compareObjects, measureRecording } from "./objects.ts";
import { compareOperation, prepareOperations, type Pace } from "./operations.ts";
import { startWorld } from "./world.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "" },
  },
});
const pace: Pace = { connections: 16, seconds: values.quick ? 1 : 5, rounds: 5 };

const world = await startWorld();
try {
  const results = [];
  for (const operation of await prepareOperations(world)) {
    if (operation.name.includes(values.only)) results.push(await compareOperation(world, operation, pace));
  }
  if ("increment in the object".includes(values.only)) results.push(...(await compareObjects(world, pace)));
  const recordingMs = await measureRecording(world, pace);
  const measuredAt = new Date().toISOString();
  const document = { measuredAt, machine: await machine(), ...pace, results, recordingMs };
  if (values.json) console.log(JSON.stringify(document, null, 2));
  else {
    console.table(
      results.map(({ name, ours, bare, ratio }) => ({
        name,
        "ours/s": Math.round(ours.requestsPerSecond),
        "p50 ms": ours.p50Ms,
        "p99 ms": ours.p99Ms,
        "cpu µs": ours.cpuMicros,
        "bare/s": Math.round(bare.requestsPerSecond),
        "bare cpu µs": bare.cpuMicros,
        ratio,
      })),
    );
    console.log(`1,000 events recorded in one call of the object: ${recordingMs} ms`);
  }
} finally {
  await world.dispose();
}

async function machine() {
  const { dependencies, devDependencies } = JSON.parse(await readFile("package.json", "utf8"));
  const processor = cpus()[0]?.model ?? "unknown";
  return {
    processor,
    cores: cpus().length,
    node: process.version,
    hono: dependencies.hono,
    miniflare: devDependencies.miniflare,
    wrangler: devDependencies.wrangler,
  };
}
