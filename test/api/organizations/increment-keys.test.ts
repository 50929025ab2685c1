import { describe, expect, it } from "vitest";

import { keyReusedResponse, withIdempotencyKey } from "../../support/create-operations.ts";
import {
  addMember,
  type Caller,
  createAccount,
  type TestAccount,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import {
  captureErrors,
  changeSettings,
  createCaller,
  createMeteringUser,
  createOperatorCaller,
  currentUsage,
  day,
  incrementPath,
  incrementResponse,
  june,
  limitExceededResponse,
  maxInteger,
  moveClock,
  noon,
  setUp,
  stopClock,
  usageUnavailableLog,
  workerLosingUsageAnswers,
} from "../../support/usage.ts";

stopClock();

async function startWithKey() {
  return { ...(await setUp()), key: unique("key") };
}

async function send(caller: Caller, account: TestAccount, usage: unknown, key: string) {
  return statusAndBody(await caller.post(incrementPath(account), { usage }, withIdempotencyKey(key)));
}

describe("idempotency keys of increments", () => {
  it("a key sent a hundred times at once counts once with identical answers [R33]", async () => {
    const { owner, account, key } = await startWithKey();
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        owner.post(incrementPath(account), { usage: 7 }, withIdempotencyKey(key)),
      ),
    );
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`))).toEqual(
      new Set([`200 ${JSON.stringify(incrementResponse(7).body)}`]),
    );
    expect(await currentUsage(account)).toBe(7);
  });

  it("a repeated key returns the first answer, whatever was counted or changed since", async () => {
    const { owner, account, key } = await startWithKey();
    expect(await send(owner, account, 7, key)).toEqual(incrementResponse(7));
    await owner.post(incrementPath(account), { usage: 3 });
    await changeSettings(account, { usage_limit: 5 });
    for (let again = 0; again < 3; again += 1) {
      const answer = await owner.post(incrementPath(account), { usage: 7 }, withIdempotencyKey(key));
      expect(statusAndBody(answer)).toEqual(incrementResponse(7));
      expect(answer.headers.get("X-Request-Id")).toBeTruthy();
      // Three were counted since, and the limit changed.
      expect(answer.headers.get("RateLimit")).toBeNull();
    }
    expect(await currentUsage(account)).toBe(10);
  });

  it("requests are compared by value: no body, JSON and forms of the same amount are equal", async () => {
    const { owner, account, key } = await startWithKey();
    const sendRaw = async (raw: BodyInit, type?: string) =>
      statusAndBody(
        await owner.send("POST", incrementPath(account), undefined, {
          raw,
          ...withIdempotencyKey(key, type === undefined ? {} : { "Content-Type": type }),
        }),
      );
    expect(
      statusAndBody(await owner.post(incrementPath(account), undefined, withIdempotencyKey(key))),
    ).toEqual(incrementResponse(1));
    for (const body of ["{}", '{"usage": 1}', '{"usage":" 1.0 "}', '{"more": 2, "usage": 1}']) {
      expect(await sendRaw(body, "application/json")).toEqual(incrementResponse(1));
    }
    expect(await sendRaw("usage=1", "application/x-www-form-urlencoded")).toEqual(incrementResponse(1));
    const form = new FormData();
    form.set("usage", "1");
    expect(await sendRaw(form)).toEqual(incrementResponse(1));
    expect(await currentUsage(account)).toBe(1);
  });

  it("a key with another amount is rejected, and the first amount stays counted [R33]", async () => {
    const { owner, account, key } = await startWithKey();
    expect(await send(owner, account, 2, key)).toEqual(incrementResponse(2));
    expect(await send(owner, account, 3, key)).toEqual(keyReusedResponse);
    expect(statusAndBody(await owner.post(incrementPath(account), {}, withIdempotencyKey(key)))).toEqual(
      keyReusedResponse,
    );
    expect(await send(owner, account, 2, key)).toEqual(incrementResponse(2));
    expect(await currentUsage(account)).toBe(2);
  });

  it("a key sent with two amounts at once counts one of them", async () => {
    const { owner, account, key } = await startWithKey();
    const amounts = Array.from({ length: 20 }, (_, place) => 1 + (place % 2));
    const answers = await Promise.all(amounts.map((usage) => send(owner, account, usage, key)));
    const usage = await currentUsage(account);
    expect([1, 2]).toContain(usage);
    for (const [place, amount] of amounts.entries()) {
      expect(answers[place]).toEqual(amount === usage ? incrementResponse(usage) : keyReusedResponse);
    }
  });

  it("the same key of two accounts is independent [R5]", async () => {
    const { owner, account, key } = await startWithKey();
    const other = await createAccount(owner);
    expect(await send(owner, account, 2, key)).toEqual(incrementResponse(2));
    expect(await send(owner, other, 3, key)).toEqual(incrementResponse(3));
    expect(await send(owner, account, 2, key)).toEqual(incrementResponse(2));
    expect([await currentUsage(account), await currentUsage(other)]).toEqual([2, 3]);
  });

  it("a key is shared by all callers of an account", async () => {
    const { owner, account, key } = await startWithKey();
    for (const caller of [owner, await createMeteringUser(), await createOperatorCaller()]) {
      expect(await send(caller, account, 2, key)).toEqual(incrementResponse(2));
      expect(await send(caller, account, 3, key)).toEqual(keyReusedResponse);
    }
    expect(await currentUsage(account)).toBe(2);
  });

  it.each([
    { name: "empty", key: "" },
    { name: "blank", key: "   " },
    { name: "of 256 characters", key: "k".repeat(256) },
    // The platform decodes any Latin-1 letter to U+FFFD.
    { name: "of no UTF-8", key: "k\ufffd" },
  ])("a key that is $name is rejected", async ({ key }) => {
    const { owner, account } = await setUp();
    expect(await send(owner, account, 1, key)).toEqual({
      status: 400,
      body: { detail: "Idempotency-Key must have 1 to 255 characters and be valid UTF-8." },
    });
    expect(await currentUsage(account)).toBe(0);
  });

  it("an invalid key is reported only to callers who may increment", async () => {
    const { owner, account } = await setUp();
    const outsider = await createCaller();
    const member = await createCaller();
    await addMember(account, member);
    expect((await send(outsider, account, 1, "")).status).toBe(404);
    expect((await send(outsider, { ...account, id: crypto.randomUUID() }, 1, "")).status).toBe(404);
    expect((await send(member, account, 1, "")).status).toBe(403);
    expect((await send(owner, account, 0, "")).status).toBe(400);
  });

  it("a key may have 1 to 255 characters", async () => {
    const { owner, account } = await setUp();
    for (const [place, key] of ["k", "k".repeat(255), "K", "\u{1F511}".repeat(128), "é", "è"].entries()) {
      expect(await send(owner, account, 2, key)).toEqual(incrementResponse(2 * (place + 1)));
      expect(await send(owner, account, 2, key)).toEqual(incrementResponse(2 * (place + 1)));
    }
  });

  it("a rejected increment does not use up its key", async () => {
    const { owner, account, key } = await startWithKey();
    await changeSettings(account, { usage_limit: 5 });
    const refused = await owner.post(incrementPath(account), { usage: 6 }, withIdempotencyKey(key));
    expect(statusAndBody(refused)).toEqual(limitExceededResponse(0, 5, true));
    expect(refused.headers.get("Retry-After")).toBe(String((june - noon) / 1000));
    expect(await send(owner, account, 0, key)).toMatchObject({ status: 400 });
    await changeSettings(account, { usage_limit: maxInteger });
    expect(await send(owner, account, 6, key)).toEqual(incrementResponse(6, maxInteger, true));
    await changeSettings(account, { type: "cowork", usage_limit: null });
    const other = unique("key");
    expect(await send(owner, account, maxInteger, other)).toMatchObject({ status: 400 });
    expect(await send(owner, account, maxInteger - 6, other)).toEqual(incrementResponse(maxInteger, null));
  });

  it("a key is kept for a day, across the end of a month too", async () => {
    const { owner, account, key } = await startWithKey();
    const late = await moveClock(june - 60_000, owner);
    expect(await send(late, account, 2, key)).toEqual(incrementResponse(2));
    const next = await moveClock(june - 60_000 + day - 1, owner);
    expect(await send(next, account, 2, key)).toEqual(incrementResponse(2));
    expect(await currentUsage(account)).toBe(0);
    const later = await moveClock(june - 60_000 + day, owner);
    expect(await send(later, account, 3, key)).toEqual(incrementResponse(3));
    expect(await send(later, account, 2, key)).toEqual(keyReusedResponse);
  });

  it("a retry after a lost answer counts once [R33]", async () => {
    const { account, key, owner } = await startWithKey();
    const losing = (await createCaller(owner.email)).via(workerLosingUsageAnswers());
    const written = await captureErrors(async () => {
      const lost = await losing.post(incrementPath(account), { usage: 4 }, withIdempotencyKey(key));
      expect(statusAndBody(lost)).toEqual({
        status: 503,
        body: { detail: "The usage counter is unavailable. Try again." },
      });
      expect(lost.headers.get("Retry-After")).toBe("1");
    });
    expect(written).toEqual([usageUnavailableLog("incrementUsage")]);
    expect(await currentUsage(account)).toBe(4);
    expect(await send(owner, account, 4, key)).toEqual(incrementResponse(4));
    expect(await currentUsage(account)).toBe(4);
  });
});
