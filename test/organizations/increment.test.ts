/** What an increment is answered: the month's usage against the plan's limit, or the operator's. */
import { expect, it, describe } from "vitest";

import { plans } from "../../src/domain/plan.ts";
import { makeAccount } from "../world.ts";
import {
  aCaller,
  answered,
  at,
  counted,
  exceeded,
  increments,
  june,
  most,
  set,
  start,
  stopClock,
  total,
} from "../usage.ts";

stopClock();

describe("an increment", () => {
  it("is one unless told, and adds to the month", async () => {
    const { owner, account } = await start();
    expect(answered(await owner.post(increments(account)))).toEqual(total(1));
    expect(answered(await owner.post(increments(account), {}))).toEqual(total(2));
    expect(answered(await owner.post(increments(account), { usage: 40 }))).toEqual(total(42));
    expect(await counted(account)).toBe(42);
  });

  it("is of one account: another of the same owner starts from nothing", async () => {
    const { owner, account } = await start();
    const other = await makeAccount(owner);
    await owner.post(increments(account), { usage: 9_999 });
    expect(answered(await owner.post(increments(other), { usage: 2 }))).toEqual(total(2));
    expect(answered(await owner.post(increments(account)))).toEqual(total(10_000));
  });

  it("tells how its limit stands, also when it is refused, and nothing where none is enforced [R72]", async () => {
    const { owner, account } = await start();
    const fields = async () => {
      const { headers } = await owner.post(increments(account), { usage: 6_000 });
      return [headers.get("RateLimit-Policy"), headers.get("RateLimit")];
    };
    const left = 15.5 * 24 * 60 * 60;
    const policy = `"usage";q=10000;w=${31 * 24 * 60 * 60}`;
    expect(await fields()).toEqual([policy, `"usage";r=4000;t=${left}`]);
    expect(await fields()).toEqual([policy, `"usage";r=4000;t=${left}`]);
    for (const none of [{ usage_enforcement: "allow" }, { usage_limit: most, usage_enforcement: "refuse" }]) {
      await set(account, none);
      expect(await fields()).toEqual([null, null]);
    }
    await set(account, { type: "v3enterprise", usage_limit: null });
    expect(await fields()).toEqual([null, null]);
  });

  it("that would pass the limit is refused whole, until the month ends; what still fits is not", async () => {
    const { owner, account } = await start();
    await owner.post(increments(account), { usage: 9_998 });
    const refused = await owner.post(increments(account), { usage: 3 });
    expect(answered(refused)).toEqual(exceeded(9_998));
    // From the 16th at noon.
    expect(refused.headers.get("Retry-After")).toBe(String(15.5 * 24 * 60 * 60));
    expect(answered(await owner.post(increments(account), { usage: 2 }))).toEqual(total(10_000));
    expect(answered(await owner.post(increments(account)))).toEqual(exceeded(10_000));
    expect(await counted(account)).toBe(10_000);
  });

  it("waits a second at least, and counts from nothing when the month is new", async () => {
    const { owner, account } = await start();
    await owner.post(increments(account), { usage: 10_000 });
    const late = await at(june - 1, owner);
    const refused = await late.post(increments(account));
    expect(answered(refused)).toEqual(exceeded(10_000));
    expect(refused.headers.get("Retry-After")).toBe("1");
    const next = await at(june, owner);
    expect(answered(await next.post(increments(account)))).toEqual(total(1));
  });

  it("reaches exactly 2^53-1, and a sum past it is too large [R35]", async () => {
    const { owner, account } = await start();
    await set(account, { type: "v3enterprise" });
    const tooLarge = {
      status: 400,
      body: { usage: ["Ensure this value is less than or equal to 9007199254740991."] },
    };
    expect(answered(await owner.post(increments(account), { usage: most - 1 }))).toEqual(
      total(most - 1, null),
    );
    expect(answered(await owner.post(increments(account), { usage: 2 }))).toEqual(tooLarge);
    expect(answered(await owner.post(increments(account)))).toEqual(total(most, null));
    expect(answered(await owner.post(increments(account)))).toEqual(tooLarge);
    await set(account, { usage_limit: 5, usage_enforcement: "allow" });
    expect(answered(await owner.post(increments(account)))).toEqual(tooLarge);
    expect(await counted(account)).toBe(most);
  });
});

describe("the limit", () => {
  const limits = [10_000, 100_000, 100_000, 1_000_000, 1_000_000, null, null];

  it.each(plans.map((type, place) => ({ type, limit: limits[place] })))(
    "of $type is $limit",
    async ({ type, limit }) => {
      const { owner, account } = await start();
      await set(account, { type });
      expect(answered(await owner.post(increments(account), { usage: 7 }))).toEqual(total(7, limit));
    },
  );

  it("is the operator's where one is set: another, nothing at all, the plan's own [R37]", async () => {
    const { owner, account } = await start();
    const send = async (usage: number) => answered(await owner.post(increments(account), { usage }));
    await set(account, { usage_limit: 5 });
    expect(await send(3)).toEqual(total(3, 5, true));
    expect(await send(3)).toEqual(exceeded(3, 5, true));
    await set(account, { usage_limit: 0 });
    expect(await send(1)).toEqual(exceeded(3, 0, true));
    await set(account, { usage_limit: 10_000 });
    expect(await send(1)).toEqual(total(4, 10_000, true));
    await set(account, { usage_limit: null });
    expect(await send(1)).toEqual(total(5));
  });

  it("of nothing refuses the very first increment", async () => {
    const { owner, account } = await start();
    await set(account, { usage_limit: 0 });
    expect(answered(await owner.post(increments(account)))).toEqual(exceeded(0, 0, true));
  });

  it("may be one where the plan has none, and any size up to 2^53-1", async () => {
    const { owner, account } = await start();
    await set(account, { type: "cowork", usage_limit: most });
    expect(answered(await owner.post(increments(account)))).toEqual(total(1, most, true));
    expect(answered(await owner.post(increments(account), { usage: most }))).toEqual(exceeded(1, most, true));
    await set(account, { usage_limit: null });
    expect(answered(await owner.post(increments(account)))).toEqual(total(2, null));
  });

  it("that falls below what is counted leaves nothing, and takes nothing back [R37]", async () => {
    const { owner, account } = await start();
    await set(account, { type: "v3pro" });
    await owner.post(increments(account), { usage: 200_000 });
    await set(account, { type: "v3starter" });
    expect(answered(await owner.post(increments(account)))).toEqual(exceeded(200_000, 100_000));
    await set(account, { type: "v3growth" });
    expect(answered(await owner.post(increments(account)))).toEqual(total(200_001, 1_000_000));
  });

  it("is passed where the operator allows it, and no longer when that ends [R37]", async () => {
    const { owner, account } = await start();
    const send = async (usage: number) => answered(await owner.post(increments(account), { usage }));
    await set(account, { usage_limit: 5, usage_enforcement: "allow" });
    expect(await send(4)).toEqual(total(4, 5, true));
    expect(await send(4)).toEqual(total(8, 5, true));
    expect(await send(1)).toEqual(total(9, 5, true));
    await set(account, { usage_enforcement: "refuse" });
    expect(await send(1)).toEqual(exceeded(9, 5, true));
    expect(await counted(account)).toBe(9);
  });
});

it("an increment of an account made on this face is one of any", async () => {
  const owner = await aCaller();
  const made = await owner.post("/accounts/organizations/", {
    name: "Counted",
    slug: crypto.randomUUID().slice(9),
  });
  const uuid: string = made.body.uuid;
  for (const [place, spelling] of [uuid, uuid.toUpperCase(), uuid.replaceAll("-", "")].entries()) {
    expect(answered(await owner.post(increments({ id: spelling })))).toEqual(total(place + 1));
  }
});
