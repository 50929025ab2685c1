/**
 * Sends the running service thousands of requests, as it wants them and as it does not, by everyone who may and
 * who may not, and holds every answer against the service's own document. The same seed sends the same.
 */
import { parseArgs } from "node:util";

import { Campaign } from "./abuse/campaign.ts";
import { Line } from "./abuse/send.ts";
import { withService } from "./crash/service.ts";
import { CliError, main } from "./cli.ts";

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    requests: { type: "string", default: "20000" },
    json: { type: "boolean", default: false },
  },
});

await main(async () => {
  const [seed, requests] = [Number(options.seed), Number(options.requests)];
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(requests) || requests < 1) {
    throw new CliError("--seed and --requests take whole numbers");
  }
  await withService({ limits: "off" }, async ({ address }, state) => {
    const line = new Line(address);
    const campaign = await Campaign.begin(line, state, seed, requests);
    const began = performance.now();
    const { untried, digest } = await campaign.run(requests);
    line.close();
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    const { sent, failures, tally } = campaign;
    if (options.json) {
      const operations = tally.json();
      console.log(
        JSON.stringify({ seed, requests: sent, digest, seconds, failures, untried, operations }, null, 2),
      );
    } else {
      console.log(tally.lines().join("\n"));
      for (const { number, times, faults, request, answer } of failures) {
        console.log(`\nrequest ${number}, ${times} in all: ${faults.join("; ")}\n  ${request}\n  ${answer}`);
      }
      for (const words of untried) console.log(words);
      console.log(`seed ${seed}: ${sent} requests (${digest}) in ${seconds} s, ${failures.length} failures`);
    }
    if (failures.length > 0 || untried.length > 0) process.exitCode = 1;
  });
});
