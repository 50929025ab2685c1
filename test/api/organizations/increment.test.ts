import { describe, expect, it } from "vitest";

import { plans } from "../../../src/domain/plan.ts";
import { createAccount, statusAndBody } from "../../support/fixtures.ts";
import {
  changeSettings,
  createCaller,
  currentUsage,
  incrementPath,
  incrementResponse,
  june,
  limitExceededResponse,
  maxInteger,
  moveClock,
  setUp,
  stopClock,
} from "../../support/usage.ts";

stopClock();

describe("an increment", () => {
  it("the default increment is 1, added to the current month", async () => {
    const { owner, account } = await setUp();
    expect(statusAndBody(await owner.post(incrementPath(account)))).toEqual(incrementResponse(1));
    expect(statusAndBody(await owner.post(incrementPath(account), {}))).toEqual(incrementResponse(2));
    expect(statusAndBody(await owner.post(incrementPath(account), { usage: 40 }))).toEqual(
      incrementResponse(42),
    );
    expect(await currentUsage(account)).toBe(42);
  });

  it("accounts of the same owner are counted separately", async () => {
    const { owner, account } = await setUp();
    const other = await createAccount(owner);
    await owner.post(incrementPath(account), { usage: 9_999 });
    expect(statusAndBody(await owner.post(incrementPath(other), { usage: 2 }))).toEqual(incrementResponse(2));
    expect(statusAndBody(await owner.post(incrementPath(account)))).toEqual(incrementResponse(10_000));
  });

  it("RateLimit headers describe an enforced limit, also when it refuses [R72]", async () => {
    const { owner, account } = await setUp();
    const fields = async () => {
      const { headers } = await owner.post(incrementPath(account), { usage: 6_000 });
      return [headers.get("RateLimit-Policy"), headers.get("RateLimit")];
    };
    const left = 15.5 * 24 * 60 * 60;
    const policy = `"usage";q=10000;w=${31 * 24 * 60 * 60}`;
    expect(await fields()).toEqual([policy, `"usage";r=4000;t=${left}`]);
    expect(await fields()).toEqual([policy, `"usage";r=4000;t=${left}`]);
    for (const none of [
      { usage_enforcement: "allow" },
      { usage_limit: maxInteger, usage_enforcement: "refuse" },
    ]) {
      await changeSettings(account, none);
      expect(await fields()).toEqual([null, null]);
    }
    await changeSettings(account, { type: "v3enterprise", usage_limit: null });
    expect(await fields()).toEqual([null, null]);
  });

  it("an increment past the limit is refused whole until the month ends, and a smaller one that fits is counted", async () => {
    const { owner, account } = await setUp();
    await owner.post(incrementPath(account), { usage: 9_998 });
    const refused = await owner.post(incrementPath(account), { usage: 3 });
    expect(statusAndBody(refused)).toEqual(limitExceededResponse(9_998));
    // From the 16th at noon.
    expect(refused.headers.get("Retry-After")).toBe(String(15.5 * 24 * 60 * 60));
    expect(statusAndBody(await owner.post(incrementPath(account), { usage: 2 }))).toEqual(
      incrementResponse(10_000),
    );
    expect(statusAndBody(await owner.post(incrementPath(account)))).toEqual(limitExceededResponse(10_000));
    expect(await currentUsage(account)).toBe(10_000);
  });

  it("Retry-After is at least one second, and a new month starts at zero", async () => {
    const { owner, account } = await setUp();
    await owner.post(incrementPath(account), { usage: 10_000 });
    const late = await moveClock(june - 1, owner);
    const refused = await late.post(incrementPath(account));
    expect(statusAndBody(refused)).toEqual(limitExceededResponse(10_000));
    expect(refused.headers.get("Retry-After")).toBe("1");
    const next = await moveClock(june, owner);
    expect(statusAndBody(await next.post(incrementPath(account)))).toEqual(incrementResponse(1));
  });

  it("the sum may reach exactly 2^53-1, and more is rejected [R35]", async () => {
    const { owner, account } = await setUp();
    await changeSettings(account, { type: "v3enterprise" });
    const tooLarge = {
      status: 400,
      body: { usage: ["Ensure this value is less than or equal to 9007199254740991."] },
    };
    expect(statusAndBody(await owner.post(incrementPath(account), { usage: maxInteger - 1 }))).toEqual(
      incrementResponse(maxInteger - 1, null),
    );
    expect(statusAndBody(await owner.post(incrementPath(account), { usage: 2 }))).toEqual(tooLarge);
    expect(statusAndBody(await owner.post(incrementPath(account)))).toEqual(
      incrementResponse(maxInteger, null),
    );
    expect(statusAndBody(await owner.post(incrementPath(account)))).toEqual(tooLarge);
    await changeSettings(account, { usage_limit: 5, usage_enforcement: "allow" });
    expect(statusAndBody(await owner.post(incrementPath(account)))).toEqual(tooLarge);
    expect(await currentUsage(account)).toBe(maxInteger);
  });
});

describe("usage limits", () => {
  const limits = [10_000, 100_000, 100_000, 1_000_000, 1_000_000, null, null];

  it.each(plans.map((type, place) => ({ type, limit: limits[place] })))(
    "the limit of plan $type is $limit",
    async ({ type, limit }) => {
      const { owner, account } = await setUp();
      await changeSettings(account, { type });
      expect(statusAndBody(await owner.post(incrementPath(account), { usage: 7 }))).toEqual(
        incrementResponse(7, limit),
      );
    },
  );

  it("an operator's override replaces the plan's limit, and null restores it [R37]", async () => {
    const { owner, account } = await setUp();
    const send = async (usage: number) => statusAndBody(await owner.post(incrementPath(account), { usage }));
    await changeSettings(account, { usage_limit: 5 });
    expect(await send(3)).toEqual(incrementResponse(3, 5, true));
    expect(await send(3)).toEqual(limitExceededResponse(3, 5, true));
    await changeSettings(account, { usage_limit: 0 });
    expect(await send(1)).toEqual(limitExceededResponse(3, 0, true));
    await changeSettings(account, { usage_limit: 10_000 });
    expect(await send(1)).toEqual(incrementResponse(4, 10_000, true));
    await changeSettings(account, { usage_limit: null });
    expect(await send(1)).toEqual(incrementResponse(5));
  });

  it("a limit of 0 refuses the first increment", async () => {
    const { owner, account } = await setUp();
    await changeSettings(account, { usage_limit: 0 });
    expect(statusAndBody(await owner.post(incrementPath(account)))).toEqual(
      limitExceededResponse(0, 0, true),
    );
  });

  it("an override may limit an unlimited plan, up to 2^53-1", async () => {
    const { owner, account } = await setUp();
    await changeSettings(account, { type: "cowork", usage_limit: maxInteger });
    expect(statusAndBody(await owner.post(incrementPath(account)))).toEqual(
      incrementResponse(1, maxInteger, true),
    );
    expect(statusAndBody(await owner.post(incrementPath(account), { usage: maxInteger }))).toEqual(
      limitExceededResponse(1, maxInteger, true),
    );
    await changeSettings(account, { usage_limit: null });
    expect(statusAndBody(await owner.post(incrementPath(account)))).toEqual(incrementResponse(2, null));
  });

  it("a limit below the current usage leaves 0 remaining and keeps what was counted [R37]", async () => {
    const { owner, account } = await setUp();
    await changeSettings(account, { type: "v3pro" });
    await owner.post(incrementPath(account), { usage: 200_000 });
    await changeSettings(account, { type: "v3starter" });
    expect(statusAndBody(await owner.post(incrementPath(account)))).toEqual(
      limitExceededResponse(200_000, 100_000),
    );
    await changeSettings(account, { type: "v3growth" });
    expect(statusAndBody(await owner.post(incrementPath(account)))).toEqual(
      incrementResponse(200_001, 1_000_000),
    );
  });

  it("usage passes the limit while enforcement is allow, and no longer afterwards [R37]", async () => {
    const { owner, account } = await setUp();
    const send = async (usage: number) => statusAndBody(await owner.post(incrementPath(account), { usage }));
    await changeSettings(account, { usage_limit: 5, usage_enforcement: "allow" });
    expect(await send(4)).toEqual(incrementResponse(4, 5, true));
    expect(await send(4)).toEqual(incrementResponse(8, 5, true));
    expect(await send(1)).toEqual(incrementResponse(9, 5, true));
    await changeSettings(account, { usage_enforcement: "refuse" });
    expect(await send(1)).toEqual(limitExceededResponse(9, 5, true));
    expect(await currentUsage(account)).toBe(9);
  });
});

it("an account created on the organizations API has the same usage on the accounts API", async () => {
  const owner = await createCaller();
  const made = await owner.post("/accounts/organizations/", {
    name: "Counted",
    slug: crypto.randomUUID().slice(9),
  });
  const uuid: string = made.body.uuid;
  for (const [place, spelling] of [uuid, uuid.toUpperCase(), uuid.replaceAll("-", "")].entries()) {
    expect(statusAndBody(await owner.post(incrementPath({ id: spelling })))).toEqual(
      incrementResponse(place + 1),
    );
  }
});
