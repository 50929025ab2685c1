/**
 * Kills the service under load five times and verifies that every acknowledged increment and event was counted
 * exactly once.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { main } from "../cli.ts";
import { createTokens } from "../dev/token.ts";
import { ExpectedUsage, UsageMismatch } from "./crash-test/expected-usage.ts";
import { LoadGenerator } from "./crash-test/load-generator.ts";
import { UsageApi } from "./crash-test/usage-api.ts";
import { type Service, withService } from "./service.ts";

const kills = 5;
const slug = "crash-test";
/** Milliseconds until the counter must be in D1. An alarm syncs it after half a minute. */
const syncTimeout = 75_000;

await main(async () => {
  await waitForMonth();
  await withService({ limits: "off" }, test);
});

async function test(service: Service, state: string): Promise<void> {
  const start = new Date();
  const [token = "", operatorToken = ""] = await createTokens(state, "ada@example.com", "root@example.com");
  const api = new UsageApi(service.address, token);
  const operatorApi = new UsageApi(service.address, operatorToken);
  await api.createAccount(slug);
  await operatorApi.setUsageLimit(slug, Number.MAX_SAFE_INTEGER);
  const expected = new ExpectedUsage();
  const load = new LoadGenerator(api, expected);
  let counter = 0;
  let unacknowledged = 0;
  let killedProcesses = 0;
  for (let kill = 1; kill <= kills; kill += 1) {
    const position = [expected.keyed.length, expected.batches.length] as const;
    killedProcesses += service.processCount;
    await load.runUntilKilled(async (onKill) => {
      await sleep(2000 + Math.random() * 2000);
      await service.kill(onKill);
    });
    const interrupted = expected.countUnacknowledged();
    unacknowledged += interrupted;
    console.log(`kill ${kill} of ${kills}: ${interrupted} calls without a response`);
    await service.start();
    expected.assertWithinBounds(`after kill ${kill}`, await api.queryTotals(start, "hour"));
    await load.resend(...position);
    counter = await load.incrementOnce();
    expected.settle(`after kill ${kill}`, counter);
    for (const aggregation of ["hour", "millennium"] as const) {
      const totals = await api.queryTotals(start, aggregation);
      expected.assertWithinBounds(`by ${aggregation}, resent after kill ${kill}`, totals);
    }
  }
  await assertSynced(operatorApi, counter);
  const { keyed, batches, keyless } = expected;
  const events = batches.reduce((total, batch) => total + batch.events.length, 0);
  console.log(
    [
      `kills            ${kills}, of ${killedProcesses} processes`,
      `increments       ${keyed.length} with a key, all sent again; ${keyless.acknowledged} without`,
      `events           ${events} in ${batches.length} calls, all sent again`,
      `not acknowledged ${unacknowledged} calls`,
      `final counter    ${counter}, exact: nothing lost, nothing counted twice`,
    ].join("\n"),
  );
}

/** Waits until the counter is in D1: the alarm that syncs it must survive the kills. */
async function assertSynced(operatorApi: UsageApi, counter: number): Promise<void> {
  let synced = Number.NaN;
  for (const end = Date.now() + syncTimeout; synced !== counter; await sleep(250)) {
    if (Date.now() > end) throw new UsageMismatch(`D1 has ${synced}, but the counter is ${counter}.`);
    synced = await operatorApi.getSyncedUsage(slug);
  }
}

/** Waits for the next month (UTC) if this one ends within three minutes, as the counter then restarts at 0. */
async function waitForMonth(): Promise<void> {
  const soon = new Date(Date.now() + 3 * 60_000);
  while (new Date().getUTCMonth() !== soon.getUTCMonth()) await sleep(1000);
}
