import { describe, expect, it } from "vitest";

import { delayedQueue, usageObjectsWith } from "../../support/cost-meter.ts";
import { setAccount } from "../../support/database.ts";
import { deliverJobs, jobDone } from "../../support/queue-and-cron.ts";
import {
  changeSettings,
  createOperatorCaller,
  day,
  event,
  incrementPath,
  incrementResponse,
  june,
  limitExceededResponse,
  moveClock,
  noon,
  readAccountState,
  recordEvents,
  runAlarm,
  setUp,
  stopClock,
} from "../../support/usage.ts";
import { workerWith } from "../../support/worker.ts";
import { statusAndBody } from "../../support/fixtures.ts";

stopClock();

const july = Date.UTC(2040, 6, 1);

/** Creates an account with its limit of 5 used up and synchronised to D1. */
async function usedUp() {
  const started = await setUp();
  const { owner, account } = started;
  await changeSettings(account, { usage_limit: 5 });
  expect((await owner.post(incrementPath(account), { usage: 5 })).status).toBe(200);
  await runAlarm(account);
  expect(await readAccountState(account, owner)).toMatchObject({ state: "quota", usage: 5 });
  return started;
}

describe("the knowledge boxes of an account", () => {
  const box = "5b0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f22";

  it("knowledge boxes are counted once, however their uuid is written", async () => {
    const { owner, account } = await setUp();
    await runAlarm(account);
    expect(await readAccountState(account, owner)).toMatchObject({ kbs: 0 });
    const spellings = [box, box.toUpperCase(), box.replaceAll("-", ""), `urn:uuid:${box}`, `{${box}}`];
    await recordEvents(owner, account, ...spellings.map((knowledgebox) => event({ knowledgebox })));
    await recordEvents(owner, account, event(), event({ knowledgebox: null }));
    await runAlarm(account);
    expect(await readAccountState(account, owner)).toMatchObject({ kbs: 1 });
  });

  it("knowledge boxes may exceed the plan, and refused events add none", async () => {
    const { owner, account } = await setUp();
    const boxes = Array.from({ length: 7 }, () => crypto.randomUUID());
    await recordEvents(owner, account, ...boxes.map((knowledgebox) => event({ knowledgebox })));
    await recordEvents(owner, account, ...boxes.map((knowledgebox) => event({ knowledgebox })));
    const ancient = event({ knowledgebox: box, timestamp: "2001-01-01" });
    const { body } = await owner.post(`/api/v1/account/${account.id}/usage`, { events: [ancient] });
    expect(body).toEqual({ accepted: 0, duplicates: 0, refused: [{ id: ancient.id, reason: "too_old" }] });
    await runAlarm(account);
    expect(await readAccountState(account, owner)).toMatchObject({ kbs: 7 });
    expect((await owner.get(`/api/v1/account/${account.id}`)).body).toMatchObject({ max_kbs: 1 });
  });
});

describe("accounts at their limit", () => {
  it("an account at exactly its limit is in quota on every API that shows a state", async () => {
    const { owner, account } = await setUp();
    await owner.post(incrementPath(account), { usage: 9_999 });
    await runAlarm(account);
    expect(await readAccountState(account, owner)).toMatchObject({ state: "unblocked", usage: 9_999 });
    await owner.post(incrementPath(account));
    await runAlarm(account);
    expect(await readAccountState(account, owner)).toMatchObject({ state: "quota", usage: 10_000 });
    const listed = await (await createOperatorCaller()).get(`/api/manage/@accounts?search=${account.slug}`);
    expect(listed.body.items).toMatchObject([{ id: account.id, blocking_state: "quota" }]);
  });

  it("quota ends with the month, to the millisecond and without an alarm", async () => {
    const { owner, account } = await usedUp();
    expect(await readAccountState(account, await moveClock(june - 1, owner))).toMatchObject({
      state: "quota",
      usage: 5,
    });
    const next = await moveClock(june, owner);
    expect(await readAccountState(account, next)).toMatchObject({ state: "unblocked", usage: 0 });
    expect(statusAndBody(await next.post(incrementPath(account)))).toEqual(incrementResponse(1, 5, true));
    await runAlarm(account);
    expect(await readAccountState(account, next)).toMatchObject({ state: "unblocked", usage: 1 });
    await next.post(incrementPath(account), { usage: 4 });
    await runAlarm(account);
    expect(await readAccountState(account, next)).toMatchObject({ state: "quota", usage: 5 });
    expect(await readAccountState(account, await moveClock(july, owner))).toMatchObject({
      state: "unblocked",
      usage: 0,
    });
  });

  it.each([
    { name: "a higher limit of its own", settings: { usage_limit: 6 } },
    { name: "back to the plan's", settings: { usage_limit: null } },
    { name: "another plan", settings: { type: "v3pro", usage_limit: null } },
    { name: "no limit", settings: { type: "cowork", usage_limit: null } },
  ])("quota ends with $name", async ({ settings }) => {
    const { owner, account } = await usedUp();
    await changeSettings(account, settings);
    expect(await runAlarm(account)).toBe(true);
    expect(await readAccountState(account, owner)).toMatchObject({ state: "unblocked", usage: 5 });
    expect((await owner.post(incrementPath(account))).status).toBe(200);
  });

  it("quota ends with a higher limit that reaches the object later from the queue", async () => {
    const { owner, account } = await usedUp();
    const sent: unknown[] = [];
    const lost = usageObjectsWith(() => Promise.reject(new Error("unreachable")));
    const send: Queue["send"] = (job, options) => {
      sent.push(job);
      return delayedQueue.send(job, options);
    };
    const root = (await createOperatorCaller()).via(
      workerWith({ USAGE: lost, JOBS: { ...delayedQueue, send } }),
    );
    const path = `/api/manage/@account/${account.id}`;
    expect((await root.patch(path, { usage_limit: 6 })).status).toBe(200);
    expect(sent).toEqual([{ kind: "sync-usage-limit", accountUuid: account.id }]);
    expect(await deliverJobs(sent)).toEqual(jobDone);
    await runAlarm(account);
    expect(await readAccountState(account, owner)).toMatchObject({ state: "unblocked", usage: 5 });
  });

  it("the stored limit wins over an older one that arrives later", async () => {
    const { owner, account } = await usedUp();
    const sent: unknown[] = [];
    const send: Queue["send"] = (job, options) => {
      sent.push(job);
      return delayedQueue.send(job, options);
    };
    const { promise: underway, resolve: arrive } = Promise.withResolvers<void>();
    const { promise: overtaken, resolve: goOn } = Promise.withResolvers<void>();
    const slow = usageObjectsWith(async (call) => {
      arrive();
      await overtaken;
      return call();
    });
    const path = `/api/manage/@account/${account.id}`;
    const root = (await createOperatorCaller()).via(
      workerWith({ USAGE: slow, JOBS: { ...delayedQueue, send } }),
    );
    const first = root.patch(path, { usage_limit: 6 });
    await underway;
    await changeSettings(account, { usage_limit: 5 });
    goOn();
    expect((await first).status).toBe(200);
    await runAlarm(account);
    expect(sent).toEqual([{ kind: "sync-usage-limit", accountUuid: account.id }]);
    expect(await deliverJobs(sent)).toEqual(jobDone);
    await runAlarm(account);
    expect(await readAccountState(account, owner)).toMatchObject({ state: "quota", usage: 5 });
  });

  it("changes that do not raise the limit leave the quota", async () => {
    const { owner, account } = await usedUp();
    for (const settings of [
      { max_users: 3 },
      { type: "v3pro" },
      { usage_limit: 3 },
      { usage_enforcement: "allow" },
    ]) {
      await changeSettings(account, settings);
      await runAlarm(account);
      expect([settings, await readAccountState(account, owner)]).toMatchObject([
        settings,
        { state: "quota" },
      ]);
    }
    expect(statusAndBody(await owner.post(incrementPath(account)))).toEqual(incrementResponse(6, 3, true));
    await runAlarm(account);
    expect(await readAccountState(account, owner)).toMatchObject({ state: "quota", usage: 6 });
  });

  it("a limit lowered to the usage, or to 0, puts the account into quota", async () => {
    const { owner, account } = await setUp();
    await owner.post(incrementPath(account), { usage: 7 });
    await changeSettings(account, { usage_limit: 8 });
    await runAlarm(account);
    expect(await readAccountState(account, owner)).toMatchObject({ state: "unblocked" });
    await changeSettings(account, { usage_limit: 7 });
    await runAlarm(account);
    expect(await readAccountState(account, owner)).toMatchObject({ state: "quota", usage: 7 });

    const fresh = await setUp();
    await changeSettings(fresh.account, { usage_limit: 0 });
    await runAlarm(fresh.account);
    expect(await readAccountState(fresh.account, fresh.owner)).toMatchObject({ state: "quota", usage: 0 });
    expect(statusAndBody(await fresh.owner.post(incrementPath(fresh.account)))).toEqual(
      limitExceededResponse(0, 0, true),
    );
  });

  it("a limit of 0 keeps the account in quota every month", async () => {
    const { owner, account } = await setUp();
    await changeSettings(account, { usage_limit: 0 });
    await runAlarm(account);
    expect(await readAccountState(account, await moveClock(june, owner))).toMatchObject({
      state: "quota",
      usage: 0,
    });
    const later = await moveClock(july, owner);
    expect(await readAccountState(account, later)).toMatchObject({ state: "quota", usage: 0 });
    await changeSettings(account, { usage_limit: 1 });
    await runAlarm(account);
    expect(await readAccountState(account, later)).toMatchObject({ state: "unblocked", usage: 0 });
  });

  it("an account in quota refuses only increments past the limit", async () => {
    const { owner, account } = await usedUp();
    expect(statusAndBody(await owner.post(incrementPath(account)))).toEqual(
      limitExceededResponse(5, 5, true),
    );
    expect((await owner.patch(`/api/v1/account/${account.id}`, { title: "Another" })).status).toBe(200);
    await recordEvents(owner, account, event());
  });
});

describe("the state of an account", () => {
  const states = ["manager", "trial_expired", "budget", "subscription_canceled", "subscription_unpaid"];

  it.each(states)("the state %s stays, whatever is counted", async (state) => {
    const { owner, account } = await setUp();
    await changeSettings(account, { usage_limit: 5 });
    await owner.post(incrementPath(account), { usage: 5 });
    await setAccount(account, { blocking_state: state });
    await runAlarm(account);
    expect(await readAccountState(account, owner)).toMatchObject({ state, usage: 5 });
    await changeSettings(account, { usage_limit: 6 });
    await runAlarm(account);
    expect(await readAccountState(account, owner)).toMatchObject({ state });
  });

  it("the state is quota again when another block ends", async () => {
    const { owner, account } = await usedUp();
    const blocking = `/api/manage/@account/${account.id}/blocking_status`;
    const root = await createOperatorCaller();
    expect((await root.patch(blocking, { blocking_state: "manager" })).body.blocking_state).toBe("manager");
    expect(await readAccountState(account, owner)).toMatchObject({ state: "manager" });
    expect((await root.patch(blocking, { blocking_state: "unblocked" })).body.blocking_state).toBe("quota");
    expect((await root.patch(blocking, { blocking_state: "quota" })).status).toBe(422);
    expect(await readAccountState(account, owner)).toMatchObject({ state: "quota" });
  });
});

it("the account shows usage of the current month only", async () => {
  const { owner, account } = await setUp();
  await owner.post(incrementPath(account), { usage: 3 });
  await runAlarm(account);
  expect(await readAccountState(account, owner)).toMatchObject({ usage: 3 });
  expect(await readAccountState(account, await moveClock(noon + 16 * day, owner))).toMatchObject({
    usage: 0,
  });
});
