/**
 * Sends the running service thousands of requests, as it wants them and as it does not, by everyone who may and
 * who may not, and holds every answer against the service's own document. The same seed sends the same.
 */
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";

import { operationsOf, type Schema } from "../test/http/schemas.ts";
import { Generator, type Shot } from "./abuse/generate.ts";
import { Judge } from "./abuse/judge.ts";
import { learn } from "./abuse/learn.ts";
import { curl, Names, Tally, type Failure } from "./abuse/report.ts";
import { routeOf } from "./abuse/routes.ts";
import { Line, type Answer } from "./abuse/send.ts";
import { makeWorld } from "./abuse/world.ts";
import { withService, type Service } from "./crash/service.ts";
import { Refusal, runMain } from "./state.ts";

/** After so many different failures it ends: more of them say no more. */
const enough = 40;
/** From so many requests an operation on, each must have succeeded and refused. */
const telling = 20;

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    requests: { type: "string", default: "20000" },
    json: { type: "boolean", default: false },
  },
});

await runMain(async () => {
  const [seed, requests] = [Number(options.seed), Number(options.requests)];
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(requests) || requests < 1) {
    throw new Refusal("--seed and --requests take whole numbers");
  }
  await withService({ limits: "off" }, async (service, state) => abuse(service, state, seed, requests));
});

async function abuse(service: Service, state: string, seed: number, requests: number): Promise<void> {
  const line = new Line(service.address);
  const { text } = await line.send({ method: "GET", target: "/openapi.json", headers: [], body: undefined });
  const document = JSON.parse(text) as Schema;
  const operations = operationsOf(document);
  const world = await makeWorld(line, state, Math.ceil(requests / operations.length));
  const secrets = [...Object.values(world.callers), ...world.guests.values()].flatMap(
    ({ token }) => token ?? [],
  );
  const mailed = world.tenants.flatMap((tenant) => [
    ...tenant.all("secret"),
    ...tenant.mailed.map(({ secret }) => secret),
  ]);
  const generator = new Generator(document, operations, world, seed);
  const judge = new Judge(document, operations, world.tenants, [...secrets, ...mailed]);
  const tally = new Tally();
  const names = new Names(world);
  const digest = createHash("sha256");
  const failures: Failure[] = [];
  const began = performance.now();
  let sent = 0;
  for (; sent < requests && failures.length < enough; sent += 1) {
    const shot = generator.shot(sent);
    digest.update(names.replaceIn(curl(shot, service.address)));
    const answer = await line.send(shot.sent).catch((error: unknown) => String(error));
    const faults = typeof answer === "string" ? [`no answer: ${answer}`] : judge.faults(shot, answer);
    if (typeof answer !== "string") {
      const route = routeOf(operations, shot.sent.method, shot.sent.target);
      if (shot.sent.method !== "HEAD" && route.kind === "operation")
        tally.count(route.operation.id, answer.status);
      learn(shot, answer);
    }
    if (faults.length > 0) note(failures, failureOf(sent, faults, shot, answer, service.address));
  }
  line.close();
  const untried = requests < telling * operations.length ? [] : tally.untried(operations);
  const summary = {
    seed,
    requests: sent,
    digest: digest.digest("hex").slice(0, 16),
    seconds: (performance.now() - began) / 1000,
  };
  if (options.json)
    console.log(JSON.stringify({ ...summary, failures, untried, operations: tally.json() }, null, 2));
  else print(summary, tally, failures, untried);
  if (failures.length > 0 || untried.length > 0) process.exitCode = 1;
}

/** The same faults once more are one failure. */
function note(failures: Failure[], failure: Failure): void {
  const same = failures.find(({ faults }) => faults.join() === failure.faults.join());
  if (same === undefined) failures.push(failure);
  else same.times += 1;
}

function failureOf(
  number: number,
  faults: readonly string[],
  shot: Shot,
  answer: Answer | string,
  address: URL,
): Failure {
  const told = typeof answer === "string" ? answer : `${answer.status} ${answer.text.slice(0, 500)}`;
  return { number, times: 1, faults, request: curl(shot, address), answer: told };
}

function print(
  { seed, requests, digest, seconds }: { seed: number; requests: number; digest: string; seconds: number },
  tally: Tally,
  failures: readonly Failure[],
  untried: readonly string[],
): void {
  console.log(tally.lines().join("\n"));
  for (const { number, times, faults, request, answer } of failures) {
    console.log(`\nrequest ${number}, ${times} in all: ${faults.join("; ")}\n  ${request}\n  ${answer}`);
  }
  for (const words of untried) console.log(words);
  console.log(
    `seed ${seed}: ${requests} requests (${digest}) in ${seconds.toFixed(1)} s, ${failures.length} failures`,
  );
}
