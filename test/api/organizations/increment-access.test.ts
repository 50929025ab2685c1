import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

import { withStoredToken } from "../../support/access-tokens.ts";
import { setAccount } from "../../support/database.ts";
import { addToGroup, createUser, statusAndBody } from "../../support/fixtures.ts";
import { createMember, noOrganization, notAllowed, notFound, sendRaw } from "../../support/organizations.ts";
import {
  captureErrors,
  createMeteringUser,
  createOperatorCaller,
  currentUsage,
  incrementPath,
  incrementResponse,
  limitExceededResponse,
  setUp,
  usagePath,
  usageUnavailableLog,
  workerWithoutUsage,
} from "../../support/usage.ts";
import { workerWith } from "../../support/worker.ts";

/** Bodies that are invalid even with permission. */
const odd = [
  ["broken JSON", "{", "application/json"],
  ["no object", "[]", "application/json"],
  ["a bad amount", '{"usage": 0}', "application/json"],
  ["another type", "<usage/>", "text/xml"],
] as const;

describe("who may increment usage", () => {
  it("owners, the groups Metering and Administrators, operators and their personal access tokens may increment", async () => {
    const { owner, account } = await setUp();
    const administrator = await createUser();
    await addToGroup(administrator, 1);
    const callers = [
      owner,
      await createMeteringUser(),
      administrator,
      await createOperatorCaller(),
      await withStoredToken(owner),
    ];
    for (const [place, caller] of callers.entries()) {
      expect(statusAndBody(await caller.post(incrementPath(account)))).toEqual(incrementResponse(place + 1));
    }
  });

  it("members and readers may not increment, whatever they send", async () => {
    const { account } = await setUp();
    const reader = await createUser();
    await addToGroup(reader, 3);
    for (const caller of [await createMember(account), reader]) {
      expect(statusAndBody(await caller.post(incrementPath(account)))).toEqual({
        status: 403,
        body: notAllowed,
      });
      for (const [what, raw, type] of odd) {
        const answer = await sendRaw(caller, "POST", incrementPath(account), raw, type);
        expect([what, statusAndBody(answer)]).toEqual([what, { status: 403, body: notAllowed }]);
      }
    }
    expect(await currentUsage(account)).toBe(0);
  });

  it("outsiders get 404, whatever they send", async () => {
    const { account } = await setUp();
    const other = await setUp();
    const nowhere = { id: crypto.randomUUID() };
    for (const caller of [await createUser(), other.owner]) {
      for (const of of [account, nowhere]) {
        expect(statusAndBody(await caller.post(incrementPath(of)))).toEqual({
          status: 404,
          body: noOrganization,
        });
        for (const [what, raw, type] of odd) {
          const answer = await sendRaw(caller, "POST", incrementPath(of), raw, type);
          expect([what, statusAndBody(answer)]).toEqual([what, { status: 404, body: noOrganization }]);
        }
      }
    }
    expect(await currentUsage(account)).toBe(0);
  });

  it("a missing organization, and a slug in place of the uuid, are 404", async () => {
    const { owner, account } = await setUp();
    const metering = await createMeteringUser();
    expect(statusAndBody(await metering.post(incrementPath({ id: crypto.randomUUID() })))).toEqual({
      status: 404,
      body: noOrganization,
    });
    for (const id of [account.slug, "nonsense", "1"]) {
      expect(statusAndBody(await owner.post(incrementPath({ id })))).toEqual({ status: 404, body: notFound });
    }
    expect((await owner.delete(`/accounts/organizations/${account.id}/`)).status).toBe(204);
    expect(statusAndBody(await owner.post(incrementPath(account)))).toEqual({
      status: 404,
      body: noOrganization,
    });
  });

  it("only POST is allowed, at the path with a trailing slash", async () => {
    const { owner, account } = await setUp();
    for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
      const answer = await owner.send(method, incrementPath(account));
      expect(statusAndBody(answer)).toEqual({
        status: 405,
        body: { detail: `Method "${method}" not allowed.` },
      });
      expect(answer.headers.get("Allow")).toBe("POST, OPTIONS");
    }
    const bare = await owner.post(incrementPath(account).slice(0, -1));
    expect([bare.status, bare.headers.get("Location")]).toEqual([308, incrementPath(account)]);
    expect(await currentUsage(account)).toBe(0);
  });
});

describe("increments of a blocked account", () => {
  it.each(["manager", "trial_expired", "budget", "subscription_canceled", "subscription_unpaid"])(
    "an account blocked as %s refuses increments with the reason, except from an operator",
    async (state) => {
      const { owner, account } = await setUp();
      await setAccount(account, { blocking_state: state });
      const refused = { status: 403, body: { detail: `This organization is blocked: ${state}.` } };
      for (const caller of [owner, await createMeteringUser()]) {
        expect(statusAndBody(await caller.post(incrementPath(account)))).toEqual(refused);
        const [, raw, type] = odd[0];
        expect(statusAndBody(await sendRaw(caller, "POST", incrementPath(account), raw, type))).toEqual(
          refused,
        );
      }
      expect(await currentUsage(account)).toBe(0);
      expect(statusAndBody(await (await createOperatorCaller()).post(incrementPath(account)))).toEqual(
        incrementResponse(1),
      );
      await setAccount(account, { blocking_state: "unblocked" });
      expect(statusAndBody(await owner.post(incrementPath(account)))).toEqual(incrementResponse(2));
    },
  );

  it("an account over its quota refuses only increments past the limit", async () => {
    const { owner, account } = await setUp();
    await setAccount(account, { quota_until: Date.now() + 600_000 });
    expect((await owner.get(`/api/v1/account/${account.id}`)).body.blocking_state).toBe("quota");
    expect(statusAndBody(await owner.post(incrementPath(account), { usage: 10_000 }))).toEqual(
      incrementResponse(10_000),
    );
    expect(statusAndBody(await owner.post(incrementPath(account)))).toEqual(limitExceededResponse(10_000));
  });
});

describe("an unreachable usage object", () => {
  it("increments are answered 503 and not counted, while the account can be read [R67]", async () => {
    const { owner, account } = await setUp();
    const cut = owner.via(workerWithoutUsage());
    const written = await captureErrors(async () => {
      const answer = await cut.post(incrementPath(account), { usage: 5 });
      expect(statusAndBody(answer)).toEqual({
        status: 503,
        body: { detail: "The usage counter is unavailable. Try again." },
      });
      expect(answer.headers.get("Retry-After")).toBe("1");
    });
    expect(written).toEqual([usageUnavailableLog("incrementUsage")]);
    for (const path of [
      `/accounts/organizations/${account.id}/`,
      "/accounts/organizations/",
      `/api/v1/account/${account.id}`,
    ]) {
      expect([path, (await cut.get(path)).status]).toEqual([path, 200]);
    }
    expect((await cut.patch(`/api/v1/account/${account.id}`, { title: "Another" })).status).toBe(200);
    expect(statusAndBody(await owner.post(incrementPath(account)))).toEqual(incrementResponse(1));
  });

  it("missing permission and invalid amounts are still reported", async () => {
    const { owner, account } = await setUp();
    const worker = workerWithoutUsage();
    expect(statusAndBody(await (await createUser()).via(worker).post(incrementPath(account)))).toEqual({
      status: 404,
      body: noOrganization,
    });
    expect(statusAndBody(await owner.via(worker).post(incrementPath(account), { usage: 0 }))).toEqual({
      status: 400,
      body: { usage: ["Ensure this value is greater than or equal to 1."] },
    });
  });
});

it("the request rate limit exempts increments and events", async () => {
  const { owner, account } = await setUp();
  const asked: string[] = [];
  const limiter: RateLimit = {
    limit: (options) => {
      asked.push(options.key);
      return env.LIMIT_PRINCIPAL.limit(options);
    },
  };
  const limited = owner.via(workerWith({ RATE_LIMITS: "on", LIMIT_PRINCIPAL: limiter }));
  for (let sent = 1; sent <= 20; sent += 1) {
    expect(statusAndBody(await limited.post(incrementPath(account)))).toEqual(incrementResponse(sent));
  }
  expect((await limited.post(incrementPath(account), { usage: 10_000 })).status).toBe(429);
  expect((await limited.post(usagePath(account), { events: [] })).status).toBe(200);
  expect(asked).toEqual([]);
  expect((await limited.get(`${usagePath(account)}?from=2026-01-01`)).status).toBe(200);
  expect((await limited.get(incrementPath(account))).status).toBe(405);
  expect(asked).toHaveLength(2);
});

it("an account's usage object is created at the location of its zone", async () => {
  const { owner } = await setUp();
  const places: unknown[] = [];
  const usage = new Proxy(env.USAGE, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== "function") return method;
      return (...input: unknown[]): unknown => {
        if (name === "get") places.push(input[1]);
        return Reflect.apply(method, target, input);
      };
    },
  });
  const here = owner.via(workerWith({ USAGE: usage }));
  for (const zone of ["europe-1", "us-1", undefined]) {
    const slug = crypto.randomUUID().slice(9);
    const made = await here.post("/api/v1/accounts", { slug, ...(zone === undefined ? {} : { zone }) });
    expect(statusAndBody(await here.post(incrementPath(made.body)))).toEqual(incrementResponse(1));
  }
  expect(places).toEqual([{ locationHint: "weur" }, { locationHint: "enam" }, {}]);
});
