/** Usage in all APIs. */
import { describe, expect, it, vi } from "vitest";

import { queryRow } from "../support/database.ts";
import { fetchEtag, ifMatch, ifNoneMatch } from "../support/etags.ts";
import { createAccount, statusAndBody } from "../support/fixtures.ts";
import {
  changeSettings,
  createCaller,
  currentUsage,
  event,
  incrementPath,
  incrementResponse,
  limitExceededResponse,
  readAccountState,
  recordEvents,
  runAlarm,
  stopClock,
  usagePath,
  usedSums,
} from "../support/usage.ts";

stopClock();

describe("usage in both APIs", () => {
  it("usage counted through the organizations API is visible in the accounts API and to the operator", async () => {
    const owner = await createCaller();
    const account = await createAccount(owner);
    expect(statusAndBody(await owner.post(incrementPath(account), { usage: 42 }))).toEqual(
      incrementResponse(42),
    );
    await recordEvents(owner, account, event({ value: 7 }));
    expect(await usedSums(owner, account)).toEqual({ usage: 42, ai_tokens_used: 7 });
    await runAlarm(account);
    expect(await readAccountState(account, owner)).toEqual({ state: "unblocked", usage: 42, kbs: 0 });
  });

  it("a limit set by the operator applies at once", async () => {
    const owner = await createCaller();
    const account = await createAccount(owner);
    await owner.post(incrementPath(account), { usage: 42 });
    await changeSettings(account, { usage_limit: 42 });
    expect(statusAndBody(await owner.post(incrementPath(account)))).toEqual(
      limitExceededResponse(42, 42, true),
    );
    await runAlarm(account);
    expect(await readAccountState(account, owner)).toMatchObject({ state: "quota", usage: 42 });
    await changeSettings(account, { type: "cowork", usage_limit: null });
    expect(statusAndBody(await owner.post(incrementPath(account)))).toEqual(incrementResponse(43, null));
  });

  it("counting usage does not overwrite other changes and gives the account a new version", async () => {
    const owner = await createCaller();
    const account = await createAccount(owner);
    const here = `/api/v1/account/${account.id}`;
    const before = await fetchEtag(owner, here);
    await owner.post(incrementPath(account), { usage: 10_000 });
    await runAlarm(account);
    expect((await owner.get(here, ifNoneMatch(before))).status).toBe(200);
    expect((await owner.patch(here, { title: "Another" }, ifMatch(before))).status).toBe(200);
  });

  it.each([
    { name: "accounts", path: (slug: string) => `/api/v1/account/${slug}` },
    { name: "organizations", path: (_: string, id: string) => `/accounts/organizations/${id}/` },
  ])(
    "usage is deleted with its account through the $name API, and a new account with the same slug starts at 0",
    async ({ path }) => {
      const owner = await createCaller();
      const account = await createAccount(owner);
      const [once, neighbour] = [event({ value: 7 }), await createAccount(owner)];
      for (const of of [account, neighbour]) {
        await owner.post(incrementPath(of), { usage: 42 });
        await recordEvents(owner, of, once);
      }
      expect((await owner.delete(path(account.slug, account.id))).status).toBe(204);
      expect((await owner.get(`${usagePath(account)}?from=2026-01-01`)).status).toBe(403);
      expect((await owner.post(incrementPath(account))).status).toBe(404);
      const asked = "SELECT count(*) AS count FROM erasures WHERE account_uuid = ?";
      await vi.waitFor(async () => expect(await queryRow(asked, account.id)).toEqual({ count: 0 }), {
        timeout: 15_000,
        interval: 200,
      });
      expect([await currentUsage(account), await currentUsage(neighbour)]).toEqual([0, 42]);
      expect(await runAlarm(account)).toBe(false);

      const successor = await createAccount(owner, { slug: account.slug });
      expect(await usedSums(owner, successor)).toEqual({});
      await recordEvents(owner, successor, once);
      expect(statusAndBody(await owner.post(incrementPath(successor)))).toEqual(incrementResponse(1));
      expect(await usedSums(owner, neighbour)).toEqual({ usage: 42, ai_tokens_used: 7 });
    },
  );
});
