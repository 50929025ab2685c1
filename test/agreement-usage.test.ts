/** Usage under every face: what is counted on one is read on the others, and goes when the account goes. */
import { describe, expect, it, vi } from "vitest";

import { row } from "./storage/rows.ts";
import { ifMatch, ifNoneMatch, tag } from "./tags.ts";
import {
  aCaller,
  answered,
  counted,
  event,
  exceeded,
  increments,
  record,
  ring,
  seen,
  set,
  stopClock,
  total,
  usageOf,
  used,
} from "./usage.ts";
import { makeAccount } from "./world.ts";

stopClock();

describe("usage", () => {
  it("counted on the organizations face is read on the accounts face, and by the operator", async () => {
    const owner = await aCaller();
    const account = await makeAccount(owner);
    expect(answered(await owner.post(increments(account), { usage: 42 }))).toEqual(total(42));
    await record(owner, account, event({ value: 7 }));
    expect(await used(owner, account)).toEqual({ usage: 42, ai_tokens_used: 7 });
    await ring(account);
    expect(await seen(account, owner)).toEqual({ state: "unblocked", usage: 42, kbs: 0 });
  });

  it("is limited by what the operator sets, at once", async () => {
    const owner = await aCaller();
    const account = await makeAccount(owner);
    await owner.post(increments(account), { usage: 42 });
    await set(account, { usage_limit: 42 });
    expect(answered(await owner.post(increments(account)))).toEqual(exceeded(42, 42, true));
    await ring(account);
    expect(await seen(account, owner)).toMatchObject({ state: "quota", usage: 42 });
    await set(account, { type: "cowork", usage_limit: null });
    expect(answered(await owner.post(increments(account)))).toEqual(total(43, null));
  });

  it("that is counted loses nobody's change, and makes what was seen of an account old", async () => {
    const owner = await aCaller();
    const account = await makeAccount(owner);
    const here = `/api/v1/account/${account.id}`;
    const before = await tag(owner, here);
    await owner.post(increments(account), { usage: 10_000 });
    await ring(account);
    expect((await owner.get(here, ifNoneMatch(before))).status).toBe(200);
    expect((await owner.patch(here, { title: "Another" }, ifMatch(before))).status).toBe(200);
  });

  it.each([
    ["accounts", (slug: string) => `/api/v1/account/${slug}`],
    ["organizations", (_: string, id: string) => `/accounts/organizations/${id}/`],
  ])(
    "goes with the account, deleted on the %s face; who takes its slug begins with none",
    async (_, path) => {
      const owner = await aCaller();
      const account = await makeAccount(owner);
      const [once, neighbour] = [event({ value: 7 }), await makeAccount(owner)];
      for (const of of [account, neighbour]) {
        await owner.post(increments(of), { usage: 42 });
        await record(owner, of, once);
      }
      expect((await owner.delete(path(account.slug, account.id))).status).toBe(204);
      expect((await owner.get(`${usageOf(account)}?from=2026-01-01`)).status).toBe(403);
      expect((await owner.post(increments(account))).status).toBe(404);
      const asked = "SELECT count(*) AS count FROM erasures WHERE account_uuid = ?";
      await vi.waitFor(async () => expect(await row(asked, account.id)).toEqual({ count: 0 }), {
        timeout: 15_000,
        interval: 200,
      });
      expect([await counted(account), await counted(neighbour)]).toEqual([0, 42]);
      expect(await ring(account)).toBe(false);

      const successor = await makeAccount(owner, { slug: account.slug });
      expect(await used(owner, successor)).toEqual({});
      await record(owner, successor, once);
      expect(answered(await owner.post(increments(successor)))).toEqual(total(1));
      expect(await used(owner, neighbour)).toEqual({ usage: 42, ai_tokens_used: 7 });
    },
  );
});
