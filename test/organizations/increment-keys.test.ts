/** An increment with an Idempotency-Key counts once in 24 hours, whoever sends it and however often. */
import { describe, expect, it } from "vitest";

import { reused, withKey } from "../creations.ts";
import { addMember, unique, makeAccount, type Caller, type MadeAccount } from "../world.ts";
import {
  aCaller,
  answered,
  at,
  counted,
  day,
  exceeded,
  increments,
  june,
  losingAnswers,
  meteringUser,
  most,
  noon,
  quietly,
  set,
  start,
  stopClock,
  theOperator,
  total,
  usageUnavailable,
} from "../usage.ts";

stopClock();

async function startWithKey() {
  return { ...(await start()), key: unique("key") };
}

async function send(caller: Caller, account: MadeAccount, usage: unknown, key: string) {
  return answered(await caller.post(increments(account), { usage }, withKey(key)));
}

describe("a key", () => {
  it("that comes a hundred times at once counts once, and every answer is the same [R33]", async () => {
    const { owner, account, key } = await startWithKey();
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => owner.post(increments(account), { usage: 7 }, withKey(key))),
    );
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`))).toEqual(
      new Set([`200 ${JSON.stringify(total(7).body)}`]),
    );
    expect(await counted(account)).toBe(7);
  });

  it("that comes again is answered as it was, whatever was counted or set since", async () => {
    const { owner, account, key } = await startWithKey();
    expect(await send(owner, account, 7, key)).toEqual(total(7));
    await owner.post(increments(account), { usage: 3 });
    await set(account, { usage_limit: 5 });
    for (let again = 0; again < 3; again += 1) {
      const answer = await owner.post(increments(account), { usage: 7 }, withKey(key));
      expect(answered(answer)).toEqual(total(7));
      expect(answer.headers.get("X-Request-Id")).toBeTruthy();
      // Three were counted since, and the limit is another.
      expect(answer.headers.get("RateLimit")).toBeNull();
    }
    expect(await counted(account)).toBe(10);
  });

  it("compares what is asked, not how it is written: nothing, JSON and forms of one are one", async () => {
    const { owner, account, key } = await startWithKey();
    const sendRaw = async (raw: BodyInit, type?: string) =>
      answered(
        await owner.send("POST", increments(account), undefined, {
          raw,
          ...withKey(key, type === undefined ? {} : { "Content-Type": type }),
        }),
      );
    expect(answered(await owner.post(increments(account), undefined, withKey(key)))).toEqual(total(1));
    for (const body of ["{}", '{"usage": 1}', '{"usage":" 1.0 "}', '{"more": 2, "usage": 1}']) {
      expect(await sendRaw(body, "application/json")).toEqual(total(1));
    }
    expect(await sendRaw("usage=1", "application/x-www-form-urlencoded")).toEqual(total(1));
    const form = new FormData();
    form.set("usage", "1");
    expect(await sendRaw(form)).toEqual(total(1));
    expect(await counted(account)).toBe(1);
  });

  it("with another amount is refused, and what it stands for stays [R33]", async () => {
    const { owner, account, key } = await startWithKey();
    expect(await send(owner, account, 2, key)).toEqual(total(2));
    expect(await send(owner, account, 3, key)).toEqual(reused(increments(account)));
    expect(answered(await owner.post(increments(account), {}, withKey(key)))).toEqual(
      reused(increments(account)),
    );
    expect(await send(owner, account, 2, key)).toEqual(total(2));
    expect(await counted(account)).toBe(2);
  });

  it("that comes with two amounts at once stands for one of them", async () => {
    const { owner, account, key } = await startWithKey();
    const amounts = Array.from({ length: 20 }, (_, place) => 1 + (place % 2));
    const answers = await Promise.all(amounts.map((usage) => send(owner, account, usage, key)));
    const usage = await counted(account);
    expect([1, 2]).toContain(usage);
    for (const [place, amount] of amounts.entries()) {
      expect(answers[place]).toEqual(amount === usage ? total(usage) : reused(increments(account)));
    }
  });

  it("is each account's own [R5]", async () => {
    const { owner, account, key } = await startWithKey();
    const other = await makeAccount(owner);
    expect(await send(owner, account, 2, key)).toEqual(total(2));
    expect(await send(owner, other, 3, key)).toEqual(total(3));
    expect(await send(owner, account, 2, key)).toEqual(total(2));
    expect([await counted(account), await counted(other)]).toEqual([2, 3]);
  });

  it("is one for all who may count for an account", async () => {
    const { owner, account, key } = await startWithKey();
    for (const caller of [owner, await meteringUser(), await theOperator()]) {
      expect(await send(caller, account, 2, key)).toEqual(total(2));
      expect(await send(caller, account, 3, key)).toEqual(reused(increments(account)));
    }
    expect(await counted(account)).toBe(2);
  });

  it.each([
    ["empty", ""],
    ["blank", "   "],
    ["of 256 characters", "k".repeat(256)],
    // What the platform makes of Latin-1: of another letter, too.
    ["of no UTF-8", "k\ufffd"],
  ])("that is %s is refused", async (_, key) => {
    const { owner, account } = await start();
    expect(await send(owner, account, 1, key)).toEqual({
      status: 400,
      body: { detail: "Idempotency-Key must have 1 to 255 characters, in UTF-8." },
    });
    expect(await counted(account)).toBe(0);
  });

  it("that is none is told only to who may count", async () => {
    const { owner, account } = await start();
    const outsider = await aCaller();
    const member = await aCaller();
    await addMember(account, member);
    expect((await send(outsider, account, 1, "")).status).toBe(404);
    expect((await send(outsider, { ...account, id: crypto.randomUUID() }, 1, "")).status).toBe(404);
    expect((await send(member, account, 1, "")).status).toBe(403);
    expect((await send(owner, account, 0, "")).status).toBe(400);
  });

  it("may have one character, or 255", async () => {
    const { owner, account } = await start();
    for (const [place, key] of ["k", "k".repeat(255), "K", "\u{1F511}".repeat(128), "é", "è"].entries()) {
      expect(await send(owner, account, 2, key)).toEqual(total(2 * (place + 1)));
      expect(await send(owner, account, 2, key)).toEqual(total(2 * (place + 1)));
    }
  });

  it("of a refusal is free: of a limit that is raised then, of values, of a sum", async () => {
    const { owner, account, key } = await startWithKey();
    await set(account, { usage_limit: 5 });
    const refused = await owner.post(increments(account), { usage: 6 }, withKey(key));
    expect(answered(refused)).toEqual(exceeded(0, 5, true));
    expect(refused.headers.get("Retry-After")).toBe(String((june - noon) / 1000));
    expect(await send(owner, account, 0, key)).toMatchObject({ status: 400 });
    await set(account, { usage_limit: most });
    expect(await send(owner, account, 6, key)).toEqual(total(6, most, true));
    await set(account, { type: "cowork", usage_limit: null });
    const other = unique("key");
    expect(await send(owner, account, most, other)).toMatchObject({ status: 400 });
    expect(await send(owner, account, most - 6, other)).toEqual(total(most, null));
  });

  it("is kept for a day, over the end of a month too", async () => {
    const { owner, account, key } = await startWithKey();
    const late = await at(june - 60_000, owner);
    expect(await send(late, account, 2, key)).toEqual(total(2));
    const next = await at(june - 60_000 + day - 1, owner);
    expect(await send(next, account, 2, key)).toEqual(total(2));
    expect(await counted(account)).toBe(0);
    const later = await at(june - 60_000 + day, owner);
    expect(await send(later, account, 3, key)).toEqual(total(3));
    expect(await send(later, account, 2, key)).toEqual(reused(increments(account)));
  });

  it("of an answer that was lost counts once [R33]", async () => {
    const { account, key, owner } = await startWithKey();
    const losing = (await aCaller(owner.email)).through(losingAnswers());
    const written = await quietly(async () => {
      const lost = await losing.post(increments(account), { usage: 4 }, withKey(key));
      expect(answered(lost)).toEqual({
        status: 503,
        body: { detail: "Usage cannot be counted now. Try again." },
      });
      expect(lost.headers.get("Retry-After")).toBe("1");
    });
    expect(written).toEqual([usageUnavailable("incrementUsage")]);
    expect(await counted(account)).toBe(4);
    expect(await send(owner, account, 4, key)).toEqual(total(4));
    expect(await counted(account)).toBe(4);
  });
});
