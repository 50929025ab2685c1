import { expect, it } from "vitest";

import { type ApiResponse, createAccount, statusAndBody } from "../../support/fixtures.ts";
import { effort } from "../../support/effort.ts";
import {
  changeSettings,
  createMeteringUser,
  createOperatorCaller,
  currentUsage,
  incrementPath,
  incrementResponse,
  limitExceededResponse,
  setUp,
} from "../../support/usage.ts";

/** Returns the usages of the responses, ascending. */
function usages(answers: readonly ApiResponse[]): number[] {
  return answers.map(({ body }) => Number(body.usage)).sort((left, right) => left - right);
}

it("simultaneous increments return different sums and are all counted [R31]", async () => {
  const { owner, account } = await setUp();
  await changeSettings(account, { type: "v3pro" });
  const callers = [owner, await createMeteringUser(), await createOperatorCaller()];
  const count = effort(200, 1_000);
  const answers = await Promise.all(
    Array.from({ length: count }, async (_, place) =>
      (callers[place % callers.length] ?? owner).post(incrementPath(account), { usage: 3 }),
    ),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(usages(answers)).toEqual(Array.from({ length: count }, (_, place) => (place + 1) * 3));
  expect(await currentUsage(account)).toBe(3 * count);
}, 90_000);

it("simultaneous increments reach exactly the limit, and the rest are refused [R32]", async () => {
  const { owner, account } = await setUp();
  await changeSettings(account, { usage_limit: 123 });
  const count = effort(200, 500);
  const answers = await Promise.all(Array.from({ length: count }, () => owner.post(incrementPath(account))));
  const taken = answers.filter(({ status }) => status === 200);
  const refused = answers.filter(({ status }) => status === 429);
  expect([taken.length, refused.length]).toEqual([123, count - 123]);
  expect(usages(taken)).toEqual(Array.from({ length: 123 }, (_, place) => place + 1));
  expect(refused.map(statusAndBody)).toEqual(refused.map(() => limitExceededResponse(123, 123, true)));
  expect(await currentUsage(account)).toBe(123);
}, 90_000);

it("simultaneous increments of different sizes leave no room that a refused one would fit into [R32]", async () => {
  const { owner, account } = await setUp();
  await changeSettings(account, { usage_limit: 100 });
  const sizes = Array.from({ length: 60 }, (_, place) => 1 + (place % 7));
  const answers = await Promise.all(sizes.map((usage) => owner.post(incrementPath(account), { usage })));
  const taken = sizes.filter((_, place) => answers[place]?.status === 200);
  const usage = await currentUsage(account);
  expect(taken.reduce((sum, size) => sum + size, 0)).toBe(usage);
  const smallest = Math.min(...sizes.filter((_, place) => answers[place]?.status === 429));
  expect(usage).toBeLessThanOrEqual(100);
  expect(usage + smallest).toBeGreaterThan(100);
});

it("simultaneous increments of two accounts are counted separately", async () => {
  const { owner, account } = await setUp();
  const other = await createAccount(owner);
  await Promise.all(
    Array.from({ length: 100 }, async (_, place) =>
      owner.post(incrementPath(place % 2 === 0 ? account : other), { usage: 1 + (place % 2) }),
    ),
  );
  expect(statusAndBody(await owner.post(incrementPath(account)))).toEqual(incrementResponse(51));
  expect(statusAndBody(await owner.post(incrementPath(other)))).toEqual(incrementResponse(101));
});
