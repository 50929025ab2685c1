/**
 * Kills the service under load, again and again, and holds it to what it answered: nothing
 * acknowledged is lost, and nothing repeated counts twice.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { Api } from "./crash/api.ts";
import { Breach, Ledger } from "./crash/ledger.ts";
import { Load } from "./crash/load.ts";
import { type Service, withService } from "./crash/service.ts";
import { main } from "./cli.ts";
import { tokens } from "./dev/tokens.ts";

const kills = 5;
const slug = "crash-test";
/** How long the database may take to be told what the counter counts, in milliseconds: the object tells a mere count after half a minute. */
const mirrorPatience = 75_000;

await main(async () => {
  await withinOneMonth();
  await withService({ limits: "off" }, test);
});

async function test(service: Service, state: string): Promise<void> {
  const began = new Date();
  const [token = "", operatorToken = ""] = await tokens(state, "ada@example.com", "root@example.com");
  const api = new Api(service.address, token);
  const operator = new Api(service.address, operatorToken);
  await api.createAccount(slug);
  await operator.limitUsage(slug, Number.MAX_SAFE_INTEGER);
  const ledger = new Ledger();
  const load = new Load(api, ledger);
  let counter = 0;
  let unanswered = 0;
  let killed = 0;
  for (let kill = 1; kill <= kills; kill += 1) {
    const from = [ledger.keyed.length, ledger.batches.length] as const;
    killed += service.size;
    await load.until(async (now) => {
      await sleep(2000 + Math.random() * 2000);
      await service.kill(now);
    });
    const lost = ledger.unacknowledged();
    unanswered += lost;
    console.log(`kill ${kill} of ${kills}: ${lost} calls were on their way`);
    await service.start();
    ledger.requireWithin(`after kill ${kill}`, await api.read(began, "hour"));
    await load.repeat(...from);
    counter = await load.probe();
    ledger.settle(`the counter after kill ${kill}`, counter);
    await requireReadings(api, ledger, began, `repeated after kill ${kill}`);
  }
  await requireMirrored(operator, counter);
  const { keyed, batches, keyless } = ledger;
  const events = batches.reduce((total, batch) => total + batch.events.length, 0);
  console.log(
    [
      `kills            ${kills}, of ${killed} processes`,
      `increments       ${keyed.length} with a key, all repeated; ${keyless.acknowledged} without`,
      `events           ${events} in ${batches.length} calls, all repeated`,
      `not acknowledged ${unanswered} calls`,
      `final counter    ${counter}, exact; nothing lost, nothing counted twice`,
    ].join("\n"),
  );
}

/** All three agree: the counter, its hours, and whole days with hours at their ends. */
async function requireReadings(api: Api, ledger: Ledger, from: Date, what: string): Promise<void> {
  for (const aggregation of ["hour", "millennium"] as const) {
    ledger.requireWithin(`${what}, by ${aggregation}`, await api.read(from, aggregation));
  }
}

/** An alarm tells the database; it must have outlived the kills. */
async function requireMirrored(operator: Api, counter: number): Promise<void> {
  let told = Number.NaN;
  for (const until = Date.now() + mirrorPatience; told !== counter; await sleep(250)) {
    if (Date.now() > until) throw new Breach(`the database was told ${told} and the counter is ${counter}`);
    told = await operator.mirroredUsage(slug);
  }
}

/** The counter starts anew with each month (UTC): a test at its very end waits for the next. */
async function withinOneMonth(): Promise<void> {
  const soon = new Date(Date.now() + 3 * 60_000);
  while (new Date().getUTCMonth() !== soon.getUTCMonth()) await sleep(1000);
}
