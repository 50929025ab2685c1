import { describe, expect, it } from "vitest";

import { setAccount } from "../../support/database.ts";
import { missingPermission, noAccess } from "../../support/members.ts";
import {
  addMember,
  addToGroup,
  type Caller,
  createAccount,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import {
  captureErrors,
  createCaller,
  createMeteringUser,
  createOperatorCaller,
  day,
  event,
  type Event,
  hour,
  maxInteger,
  moveClock,
  noon,
  recordedResponse,
  recordEvents,
  setUp,
  stopClock,
  usagePath,
  usedSums,
  workerLosingUsageAnswers,
  workerWithoutUsage,
} from "../../support/usage.ts";
import { workerWith } from "../../support/worker.ts";

stopClock();

const iso = (time: number) => new Date(time).toISOString();
const send = async (caller: Caller, of: { id: string }, ...events: Event[]) =>
  statusAndBody(await caller.post(usagePath(of), { events }));
const refused = (reason: string, ...events: Event[]) => events.map(({ id }) => ({ id, reason }));

describe("an event", () => {
  it("an event counts once for its id, in one call or several", async () => {
    const { owner, account } = await setUp();
    const [one, two] = [event({ value: 5 }), event({ metric: "nuclia_tokens", value: 7 })];
    expect(await send(owner, account, one, two, one)).toEqual(recordedResponse(2, 1));
    const otherwise = [
      { ...one, value: 100 },
      { ...one, metric: "nuclia_tokens" },
      { ...one, timestamp: iso(noon - 40 * day) },
      { ...one, knowledgebox: crypto.randomUUID() },
    ];
    for (const again of otherwise) expect(await send(owner, account, again)).toEqual(recordedResponse(0, 1));
    expect(await send(owner, account, ...otherwise, event(), two)).toEqual(recordedResponse(1, 5));
    expect(await usedSums(owner, account)).toEqual({ ai_tokens_used: 6, nuclia_tokens: 7 });
  });

  it("the same id counts separately for another account", async () => {
    const { owner, account } = await setUp();
    const other = await createAccount(owner);
    const one = event({ value: 5 });
    expect(await send(owner, account, one)).toEqual(recordedResponse(1));
    expect(await send(owner, other, one)).toEqual(recordedResponse(1));
    expect([await usedSums(owner, account), await usedSums(owner, other)]).toEqual([
      { ai_tokens_used: 5 },
      { ai_tokens_used: 5 },
    ]);
  });

  it("an event sent fifty times at once counts once", async () => {
    const { owner, account } = await setUp();
    const one = event({ value: 5 });
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(owner, account, one)));
    expect(
      answers.filter(({ body }) => JSON.stringify(body) === JSON.stringify(recordedResponse(1).body)),
    ).toHaveLength(1);
    expect(
      answers.filter(({ body }) => JSON.stringify(body) === JSON.stringify(recordedResponse(0, 1).body)),
    ).toHaveLength(49);
    expect(await usedSums(owner, account)).toEqual({ ai_tokens_used: 5 });
  });

  it("an event counts once although its response was lost", async () => {
    const { owner, account } = await setUp();
    const one = event({ value: 5 });
    await captureErrors(async () => {
      const lost = await owner.via(workerLosingUsageAnswers()).post(usagePath(account), { events: [one] });
      expect(lost.status).toBe(503);
    });
    expect(await send(owner, account, one)).toEqual(recordedResponse(0, 1));
    expect(await usedSums(owner, account)).toEqual({ ai_tokens_used: 5 });
  });

  it("a call may have a thousand events or none", async () => {
    const { owner, account } = await setUp();
    expect(await send(owner, account)).toEqual(recordedResponse(0));
    const thousand = Array.from({ length: 1_000 }, (_, place) => event({ value: place }));
    expect(await send(owner, account, ...thousand)).toEqual(recordedResponse(1_000));
    expect(await send(owner, account, ...thousand)).toEqual(recordedResponse(0, 1_000));
    expect(await usedSums(owner, account)).toEqual({ ai_tokens_used: (999 * 1_000) / 2 });
  });
});

describe("the time of an event", () => {
  it("the timestamp defaults to now and is accepted in any format", async () => {
    const { owner, account } = await setUp();
    const times = [
      undefined,
      null,
      iso(noon),
      "2040-05-16T12:00",
      "2040-05-16T14:30:00+02:30",
      noon / 1000,
      noon,
    ];
    const events = times.map((timestamp) => event(timestamp === undefined ? {} : { timestamp }));
    expect(await send(owner, account, ...events)).toEqual(recordedResponse(events.length));
    const within = { from: iso(noon), to: iso(noon + 1) };
    expect(await usedSums(owner, account, within)).toEqual({ ai_tokens_used: events.length });
  });

  it.each([
    { days: undefined, window: 400 },
    { days: "30", window: 30 },
    { days: "1", window: 1 },
  ])(
    "EVENT_WINDOW_DAYS $days accepts events $window days back and an hour ahead, inclusive",
    async ({ days, window }) => {
      const { owner, account } = await setUp();
      const here = owner.via(workerWith({ EVENT_WINDOW_DAYS: days }));
      const oldest = noon - window * day;
      const [first, last] = [event({ timestamp: iso(oldest) }), event({ timestamp: iso(noon + hour) })];
      const early = event({ timestamp: iso(oldest - 1) });
      const ancient = event({ timestamp: "0001-01-01" });
      const late = event({ timestamp: iso(noon + hour + 1) });
      expect(await send(here, account, early, first, late, last, ancient)).toEqual(
        recordedResponse(2, 0, [
          ...refused("too_old", early),
          ...refused("too_far_ahead", late),
          ...refused("too_old", ancient),
        ]),
      );
      // A refused event does not use up its id.
      const soon = await moveClock(noon + 1, owner);
      expect(await send(soon.via(workerWith({ EVENT_WINDOW_DAYS: days })), account, late)).toEqual(
        recordedResponse(1),
      );
    },
  );

  it("an id outside the window is too old, not a duplicate", async () => {
    const { owner, account } = await setUp();
    const one = event({ timestamp: iso(noon - day) });
    const worker = () => workerWith({ EVENT_WINDOW_DAYS: "2" });
    expect(await send(owner.via(worker()), account, one)).toEqual(recordedResponse(1));
    const later = (await moveClock(noon + day, owner)).via(worker());
    expect(await send(later, account, one)).toEqual(recordedResponse(0, 1));
    const past = (await moveClock(noon + day + 1, owner)).via(worker());
    expect(await send(past, account, one)).toEqual(recordedResponse(0, 0, refused("too_old", one)));
    expect(await send(past, account, event(), one)).toEqual(recordedResponse(1, 0, refused("too_old", one)));
  });
});

describe("the value of an event", () => {
  it("a value may be 0 to 2^53-1, and an event that exceeds the day's sum is refused", async () => {
    const { owner, account } = await setUp();
    const [nothing, all] = [event({ value: 0 }), event({ value: maxInteger })];
    const [one, zero] = [event({ value: 1 }), event({ value: 0 })];
    const other = event({ metric: "nuclia_tokens", value: maxInteger });
    const yesterday = event({ value: maxInteger - 1, timestamp: iso(noon - day) });
    expect(await send(owner, account, nothing, all, one, zero, other, yesterday)).toEqual(
      recordedResponse(5, 0, refused("too_large", one)),
    );
    const boxed = event({ knowledgebox: crypto.randomUUID() });
    expect(await send(owner, account, one, boxed, all)).toEqual(
      recordedResponse(0, 1, refused("too_large", one, boxed)),
    );
    const today = { from: "2040-05-16", to: "2040-05-17" };
    expect(await usedSums(owner, account, today)).toEqual({
      ai_tokens_used: maxInteger,
      nuclia_tokens: maxInteger,
    });
  });

  it("a sum past 2^53-1 over many days is 422 as one point, and fine by day", async () => {
    const { owner, account } = await setUp();
    await recordEvents(
      owner,
      account,
      event({ value: maxInteger }),
      event({ value: 1, timestamp: iso(noon - day) }),
    );
    const range = "from=2040-05-15&to=2040-05-17";
    const whole = await owner.get(`${usagePath(account)}?${range}`);
    expect(statusAndBody(whole)).toEqual({
      status: 422,
      body: {
        detail: [
          {
            type: "value_error",
            loc: ["query", "aggregation"],
            msg: "Value error, A sum exceeds 2^53-1. Use a finer aggregation.",
            input: null,
            ctx: { error: {} },
          },
        ],
      },
    });
    expect((await owner.get(`${usagePath(account)}?${range}&aggregation=day`)).status).toBe(200);
  });
});

describe("who may record events", () => {
  it("owners, the groups Metering and Administrators, and operators may record events", async () => {
    const { owner, account } = await setUp();
    const administrator = await createCaller();
    await addToGroup(administrator, 1);
    for (const caller of [owner, await createMeteringUser(), administrator, await createOperatorCaller()]) {
      await recordEvents(caller, account, event());
    }
    expect(await usedSums(owner, account)).toEqual({ ai_tokens_used: 4 });
  });

  it("members, readers and outsiders may not record, and outsiders learn nothing", async () => {
    const { owner, account } = await setUp();
    const [member, reader, outsider] = [await createCaller(), await createCaller(), await createCaller()];
    await addMember(account, member);
    await addToGroup(reader, 3);
    for (const caller of [member, reader]) {
      expect(await send(caller, account, event())).toEqual(missingPermission("usage:write"));
    }
    expect(await send(outsider, account, event())).toEqual(noAccess);
    const nowhere = { id: crypto.randomUUID() };
    expect(await send(outsider, nowhere, event())).toEqual(noAccess);
    expect(await send(await createMeteringUser(), nowhere, event())).toEqual({
      status: 404,
      body: { detail: "Account not found" },
    });
    expect(await usedSums(owner, account)).toEqual({});
  });

  it("a blocked account refuses events except from operators, and a quota refuses none", async () => {
    const { owner, account } = await setUp();
    await setAccount(account, { blocking_state: "budget" });
    expect(await send(owner, account, event())).toEqual({
      status: 403,
      body: { detail: "This account is blocked: budget" },
    });
    await recordEvents(await createOperatorCaller(), account, event());
    await setAccount(account, { blocking_state: "unblocked", quota_until: noon + 1 });
    await recordEvents(owner, account, event({ id: unique() }));
    expect(await usedSums(owner, account)).toEqual({ ai_tokens_used: 2 });
  });

  it("an unreachable usage object is answered 503 [R67]", async () => {
    const { owner, account } = await setUp();
    await captureErrors(async () => {
      const answer = await owner.via(workerWithoutUsage()).post(usagePath(account), { events: [event()] });
      expect(statusAndBody(answer)).toEqual({
        status: 503,
        body: { detail: "The usage counter is unavailable. Try again." },
      });
      expect(answer.headers.get("Retry-After")).toBe("1");
    });
    expect(await usedSums(owner, account)).toEqual({});
  });
});
