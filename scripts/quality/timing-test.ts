/**
 * Checks that response times do not reveal what the responses hide. Sends requests whose responses must be identical
 * 1,000 times each, and compares their times with those of the first request in each group.
 */
import { CliError, main } from "../cli.ts";
import { createTokens } from "../dev/token.ts";
import { withService } from "./service.ts";
import { createRequests, type TimedRequest } from "./timing-test/requests.ts";
import { formatProbability, median, probabilitySlower } from "./timing-test/statistics.ts";

const rounds = 1000;
/** Rounds before the measurement. */
const warmUpRounds = 50;

await main(() =>
  withService({ limits: "off" }, async (service, state) => {
    const emails = ["caller", "one", "two", "several"].map((name) => `${name}@example.com`);
    const groups = await createRequests(service.address, await createTokens(state, ...emails));
    for (const [group, requests] of Object.entries(groups)) report(group, requests, await measure(requests));
  }),
);

/** Returns the times of each request in milliseconds. Throws CliError if two responses differ. */
async function measure(requests: readonly TimedRequest[]): Promise<number[][]> {
  const times: number[][] = requests.map(() => []);
  const responses = new Set<string>();
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    // A different order in each round, so that no request always follows the same one.
    for (const index of shuffledIndexes(requests.length)) {
      const request = requests[index];
      if (request === undefined) continue;
      const start = performance.now();
      const response = await request.send();
      const time = performance.now() - start;
      responses.add(response);
      if (round >= 0) times[index]?.push(time);
    }
  }
  if (responses.size !== 1) throw new CliError(`The responses differ:\n${[...responses].join("\n")}`);
  return times;
}

function report(group: string, requests: readonly TimedRequest[], times: readonly number[][]): void {
  const [first = []] = times;
  console.log(`${group}, ${rounds} requests each`);
  for (const [index, own] of times.entries()) {
    const name = (requests[index]?.name ?? "").padEnd(30);
    const slower = formatProbability(probabilitySlower(own, first), own.length);
    console.log(`  ${name} ${median(own).toFixed(2)} ms  slower than the first: ${slower}`);
  }
}

function shuffledIndexes(length: number): number[] {
  return Array.from({ length }, (_, index) => ({ index, order: Math.random() }))
    .sort((one, other) => one.order - other.order)
    .map(({ index }) => index);
}
