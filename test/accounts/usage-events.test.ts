/** Events as they are recorded: each id once, in a window of time, for whoever may count. */
import { describe, expect, it } from "vitest";

import { doorWith } from "../http/door.ts";
import { addMember, addToGroup, makeAccount, unique, type Caller } from "../world.ts";
import {
  aCaller,
  answered,
  at,
  day,
  event,
  hour,
  losingAnswers,
  meteringUser,
  most,
  noon,
  quietly,
  record,
  recorded,
  start,
  stopClock,
  used,
  theOperator,
  unreachable,
  usageOf,
  type Event,
} from "../usage.ts";
import { setAccount } from "./rows.ts";

stopClock();

const iso = (time: number) => new Date(time).toISOString();
const send = async (caller: Caller, of: { id: string }, ...events: Event[]) =>
  answered(await caller.post(usageOf(of), { events }));
const refused = (reason: string, ...events: Event[]) => events.map(({ id }) => ({ id, reason }));

describe("an event", () => {
  it("counts once for its id, whatever comes with it again, in one call or in many", async () => {
    const { owner, account } = await start();
    const [one, two] = [event({ value: 5 }), event({ metric: "nuclia_tokens", value: 7 })];
    expect(await send(owner, account, one, two, one)).toEqual(recorded(2, 1));
    const otherwise = [
      { ...one, value: 100 },
      { ...one, metric: "nuclia_tokens" },
      { ...one, timestamp: iso(noon - 40 * day) },
      { ...one, knowledgebox: crypto.randomUUID() },
    ];
    for (const again of otherwise) expect(await send(owner, account, again)).toEqual(recorded(0, 1));
    expect(await send(owner, account, ...otherwise, event(), two)).toEqual(recorded(1, 5));
    expect(await used(owner, account)).toEqual({ ai_tokens_used: 6, nuclia_tokens: 7 });
  });

  it("is of one account: the same id counts for another", async () => {
    const { owner, account } = await start();
    const other = await makeAccount(owner);
    const one = event({ value: 5 });
    expect(await send(owner, account, one)).toEqual(recorded(1));
    expect(await send(owner, other, one)).toEqual(recorded(1));
    expect([await used(owner, account), await used(owner, other)]).toEqual([
      { ai_tokens_used: 5 },
      { ai_tokens_used: 5 },
    ]);
  });

  it("that comes fifty times at once counts once", async () => {
    const { owner, account } = await start();
    const one = event({ value: 5 });
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(owner, account, one)));
    expect(
      answers.filter(({ body }) => JSON.stringify(body) === JSON.stringify(recorded(1).body)),
    ).toHaveLength(1);
    expect(
      answers.filter(({ body }) => JSON.stringify(body) === JSON.stringify(recorded(0, 1).body)),
    ).toHaveLength(49);
    expect(await used(owner, account)).toEqual({ ai_tokens_used: 5 });
  });

  it("counts once though its answer was lost", async () => {
    const { owner, account } = await start();
    const one = event({ value: 5 });
    await quietly(async () => {
      const lost = await owner.through(losingAnswers()).post(usageOf(account), { events: [one] });
      expect(lost.status).toBe(503);
    });
    expect(await send(owner, account, one)).toEqual(recorded(0, 1));
    expect(await used(owner, account)).toEqual({ ai_tokens_used: 5 });
  });

  it("may be one of a thousand, or of none", async () => {
    const { owner, account } = await start();
    expect(await send(owner, account)).toEqual(recorded(0));
    const thousand = Array.from({ length: 1_000 }, (_, place) => event({ value: place }));
    expect(await send(owner, account, ...thousand)).toEqual(recorded(1_000));
    expect(await send(owner, account, ...thousand)).toEqual(recorded(0, 1_000));
    expect(await used(owner, account)).toEqual({ ai_tokens_used: (999 * 1_000) / 2 });
  });
});

describe("the time of an event", () => {
  it("is now unless told, and is told in any way", async () => {
    const { owner, account } = await start();
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
    expect(await send(owner, account, ...events)).toEqual(recorded(events.length));
    const within = { from: iso(noon), to: iso(noon + 1) };
    expect(await used(owner, account, within)).toEqual({ ai_tokens_used: events.length });
  });

  it.each([
    [undefined, 400],
    ["30", 30],
    ["1", 1],
  ])(
    "with EVENT_WINDOW_DAYS %s goes %d days back and an hour ahead, each end included",
    async (days, window) => {
      const { owner, account } = await start();
      const here = owner.through(doorWith({ EVENT_WINDOW_DAYS: days }));
      const oldest = noon - window * day;
      const [first, last] = [event({ timestamp: iso(oldest) }), event({ timestamp: iso(noon + hour) })];
      const early = event({ timestamp: iso(oldest - 1) });
      const ancient = event({ timestamp: "0001-01-01" });
      const late = event({ timestamp: iso(noon + hour + 1) });
      expect(await send(here, account, early, first, late, last, ancient)).toEqual(
        recorded(2, 0, [
          ...refused("too_old", early),
          ...refused("too_far_ahead", late),
          ...refused("too_old", ancient),
        ]),
      );
      // What was refused is free: it counts once its time has come.
      const soon = await at(noon + 1, owner);
      expect(await send(soon.through(doorWith({ EVENT_WINDOW_DAYS: days })), account, late)).toEqual(
        recorded(1),
      );
    },
  );

  it("that the window has left makes an id no duplicate, but too old", async () => {
    const { owner, account } = await start();
    const one = event({ timestamp: iso(noon - day) });
    const door = () => doorWith({ EVENT_WINDOW_DAYS: "2" });
    expect(await send(owner.through(door()), account, one)).toEqual(recorded(1));
    const later = (await at(noon + day, owner)).through(door());
    expect(await send(later, account, one)).toEqual(recorded(0, 1));
    const past = (await at(noon + day + 1, owner)).through(door());
    expect(await send(past, account, one)).toEqual(recorded(0, 0, refused("too_old", one)));
    expect(await send(past, account, event(), one)).toEqual(recorded(1, 0, refused("too_old", one)));
  });
});

describe("the value of an event", () => {
  it("may be nothing, and 2^53-1; a day's sum past it refuses the event that passes it", async () => {
    const { owner, account } = await start();
    const [nothing, all] = [event({ value: 0 }), event({ value: most })];
    const [one, zero] = [event({ value: 1 }), event({ value: 0 })];
    const other = event({ metric: "nuclia_tokens", value: most });
    const yesterday = event({ value: most - 1, timestamp: iso(noon - day) });
    expect(await send(owner, account, nothing, all, one, zero, other, yesterday)).toEqual(
      recorded(5, 0, refused("too_large", one)),
    );
    const boxed = event({ knowledgebox: crypto.randomUUID() });
    expect(await send(owner, account, one, boxed, all)).toEqual(
      recorded(0, 1, refused("too_large", one, boxed)),
    );
    const today = { from: "2040-05-16", to: "2040-05-17" };
    expect(await used(owner, account, today)).toEqual({ ai_tokens_used: most, nuclia_tokens: most });
  });

  it("summed past 2^53-1 over many days cannot be told in one, and can by day", async () => {
    const { owner, account } = await start();
    await record(owner, account, event({ value: most }), event({ value: 1, timestamp: iso(noon - day) }));
    const range = "from=2040-05-15&to=2040-05-17";
    const whole = await owner.get(`${usageOf(account)}?${range}`);
    expect(answered(whole)).toEqual({
      status: 422,
      body: {
        detail: [
          {
            type: "value_error",
            loc: ["query", "aggregation"],
            msg: "Value error, A sum passes 2^53-1: ask for finer buckets.",
            input: null,
            ctx: { error: {} },
          },
        ],
      },
    });
    expect((await owner.get(`${usageOf(account)}?${range}&aggregation=day`)).status).toBe(200);
  });
});

describe("events are recorded by", () => {
  const noRole = { status: 403, body: { detail: "You do not have the role this operation needs" } };

  it("owners, one of the groups Metering and Administrators, and the operator", async () => {
    const { owner, account } = await start();
    const administrator = await aCaller();
    await addToGroup(administrator, 1);
    for (const caller of [owner, await meteringUser(), administrator, await theOperator()]) {
      await record(caller, account, event());
    }
    expect(await used(owner, account)).toEqual({ ai_tokens_used: 4 });
  });

  it("no member, no reader of all and no outsider, who learns not even whether it is there", async () => {
    const { owner, account } = await start();
    const [member, reader, outsider] = [await aCaller(), await aCaller(), await aCaller()];
    await addMember(account, member);
    await addToGroup(reader, 3);
    for (const caller of [member, reader, outsider]) {
      expect(await send(caller, account, event())).toEqual(noRole);
    }
    const nowhere = { id: crypto.randomUUID() };
    expect(await send(outsider, nowhere, event())).toEqual(noRole);
    expect(await send(await meteringUser(), nowhere, event())).toEqual({
      status: 404,
      body: { detail: "Account not found" },
    });
    expect(await used(owner, account)).toEqual({});
  });

  it("nobody while the account is blocked, but the operator; its quota blocks nothing", async () => {
    const { owner, account } = await start();
    await setAccount(account, { blocking_state: "budget" });
    expect(await send(owner, account, event())).toEqual({
      status: 403,
      body: { detail: "This account is blocked: budget" },
    });
    await record(await theOperator(), account, event());
    await setAccount(account, { blocking_state: "unblocked", quota_until: noon + 1 });
    await record(owner, account, event({ id: unique() }));
    expect(await used(owner, account)).toEqual({ ai_tokens_used: 2 });
  });

  it("nobody while the usage object cannot be reached [R67]", async () => {
    const { owner, account } = await start();
    await quietly(async () => {
      const answer = await owner.through(unreachable()).post(usageOf(account), { events: [event()] });
      expect(answered(answer)).toEqual({
        status: 503,
        body: { detail: "Usage cannot be reached now. Try again" },
      });
      expect(answer.headers.get("Retry-After")).toBe("1");
    });
    expect(await used(owner, account)).toEqual({});
  });
});
