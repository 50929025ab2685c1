/**
 * Sends the service thousands of requests, valid and hostile, from all kinds of callers, and checks each response
 * against the OpenAPI document. The same seed sends the same requests.
 */
import { parseArgs } from "node:util";

import type { Schema } from "../../test/support/openapi-schema.ts";
import { CliError, main } from "../cli.ts";
import { FuzzRun } from "./fuzz/fuzz-run.ts";
import { populate } from "./fuzz/world.ts";
import { HttpClient } from "./http-client.ts";
import { withService } from "./service.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    requests: { type: "string", default: "20000" },
  },
});

await main(async () => {
  const [seed, requests] = [Number(values.seed), Number(values.requests)];
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(requests) || requests < 1) {
    throw new CliError("--seed and --requests must be whole numbers.");
  }
  await withService({ limits: "off" }, async ({ address }, state) => {
    const client = new HttpClient(address);
    const { text } = await client.send({ method: "GET", target: "/openapi.json" });
    const run = new FuzzRun(JSON.parse(text) as Schema, seed, requests);
    await populate(run.world, client, state);
    const start = performance.now();
    const untested = await run.run(client);
    client.close();
    for (const [operation, counts] of run.statuses) {
      const shown = [...counts].map(([status, count]) => `${status}×${count}`);
      console.log(operation.padEnd(26), shown.join(" "));
    }
    for (const [reason, { count, request, response }] of run.failures) {
      console.log(`\n${reason} (${count} times)\n  ${request}\n  ${response}`);
    }
    for (const sentence of untested) console.log(sentence);
    const seconds = Math.round((performance.now() - start) / 1000);
    console.log(`seed ${seed}: ${requests} requests in ${seconds} s, ${run.failures.size} failures`);
    if (run.failures.size + untested.length > 0) process.exitCode = 1;
  });
});
