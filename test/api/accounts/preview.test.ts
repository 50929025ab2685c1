import { beforeEach, describe, expect, it } from "vitest";
import { env } from "cloudflare:workers";

import {
  acceptInvite,
  createInvite,
  invitationTokenOf,
  latestInvite,
} from "../../support/account-invites.ts";
import { CostMeter } from "../../support/cost-meter.ts";
import { runStatements, setAccount } from "../../support/database.ts";
import {
  anonymous,
  type ApiResponse,
  type Caller,
  createAccount,
  createUser,
  statusAndBody,
} from "../../support/fixtures.ts";
import { setInvite, storedInvite, storeInvite } from "../../support/invitations.ts";
import { createImage, upload } from "../../support/logos.ts";
import { createAccountWithOwner, noInvite } from "../../support/members.ts";
import { waitForFreshMinute, workerWith } from "../../support/worker.ts";

function preview(token: unknown, caller: Caller = anonymous, headers = {}): Promise<ApiResponse> {
  return caller.post("/api/v1/invites/preview", { token }, { headers });
}

describe("what a preview shows", () => {
  it("a preview shows the account and nothing about the recipient", async () => {
    const owner = await createUser({ name: "Ada <b>Lovelace</b>" });
    const account = await createAccount(owner, { title: "Acme & Söhne" });
    const email = await createInvite(owner, account, "AOWNER");
    const { uuid, valid_until } = await latestInvite(account, email);
    const token = await invitationTokenOf(uuid);
    const expected = {
      status: 200,
      body: {
        account: { title: "Acme & Söhne", logo_url: null },
        invited_by: "Ada <b>Lovelace</b>",
        role: "AOWNER",
        expires: new Date(valid_until).toISOString(),
      },
    };
    for (const caller of [anonymous, owner, await createUser()]) {
      expect(statusAndBody(await preview(token, caller))).toEqual(expected);
    }
    expect(await storedInvite(uuid)).toMatchObject({ state: "pending", version: 1 });
  });

  it("a preview shows the logo, and works without it if logo storage is unavailable [R68]", async () => {
    const { owner, account } = await createAccountWithOwner();
    const image = createImage();
    expect((await upload(owner, account, image)).status).toBe(204);
    const { uuid } = await latestInvite(account, await createInvite(owner, account));
    const token = await invitationTokenOf(uuid);
    const shown = (await preview(token)).body.account;
    expect(shown).toEqual({
      title: account.title,
      logo_url: `data:image/png;base64,${image.toBase64()}`,
    });
    const lost = new Proxy(env.LOGOS, { get: () => () => Promise.reject(new Error("down")) });
    const down = anonymous.via(workerWith({ LOGOS: lost }));
    expect((await preview(token, down)).body.account).toEqual({ title: account.title, logo_url: null });
  });

  it("a preview shows the inviter's name, else address, and null if they were deleted", async () => {
    const { owner, account } = await createAccountWithOwner();
    const { uuid } = await latestInvite(account, await createInvite(owner, account));
    expect((await preview(await invitationTokenOf(uuid))).body.invited_by).toBe(owner.email);
    await runStatements(["UPDATE invites SET invited_by = NULL WHERE uuid = ?", uuid]);
    expect((await preview(await invitationTokenOf(uuid))).body.invited_by).toBeNull();
  });

  it("a blocked account is shown like any other", async () => {
    const { account } = await createAccountWithOwner();
    const token = await invitationTokenOf(await storeInvite(account));
    await setAccount(account, { blocking_state: "manager" });
    expect((await preview(token)).status).toBe(200);
    expect((await acceptInvite(await createUser(), token)).status).toBe(403);
  });

  it("credentials are ignored", async () => {
    const { account } = await createAccountWithOwner();
    const token = await invitationTokenOf(await storeInvite(account));
    const headers = { Authorization: "Bearer nonsense" };
    expect((await preview(token, anonymous, headers)).status).toBe(200);
  });
});

describe("invalid secrets", () => {
  const spoiled: Record<string, (uuid: string, token: string) => Promise<string>> = {
    wrong: async (_uuid, token) => altered(token),
    "of another key": async () => "mVkQAzOmSROU2zBYbnFQnQAAAAE6rtmDKr1ZkAg1BWA4pU5WuHHfvcexvt_rqTO1zmXCAA",
    empty: async () => "",
    "no secret at all": async () => "x".repeat(5_000),
    "of no invitation": async () => invitationTokenOf(crypto.randomUUID(), 1),
    used: async (_uuid, token) => {
      await acceptInvite(await createUser(), token);
      return token;
    },
    expired: async (uuid, token) => {
      await setInvite(uuid, { valid_until: Date.now() - 1 });
      return token;
    },
    revoked: async (uuid, token) => {
      await runStatements(["UPDATE invites SET state = 'revoked' WHERE uuid = ?", uuid]);
      return token;
    },
    superseded: async (uuid, token) => {
      await setInvite(uuid, { version: 2 });
      return token;
    },
    "of an account that is gone": async (uuid, token) => {
      await runStatements([
        "DELETE FROM accounts WHERE id = (SELECT account_id FROM invites WHERE uuid = ?)",
        uuid,
      ]);
      return token;
    },
  };
  it.each(Object.entries(spoiled))(
    "a secret that is %s is 404 with the same body as all others [R27]",
    async (_what, spoil) => {
      const { account } = await createAccountWithOwner();
      const uuid = await storeInvite(account);
      const token = await spoil(uuid, await invitationTokenOf(uuid));
      expect(statusAndBody(await preview(token))).toEqual(noInvite);
      expect(statusAndBody(await preview(token, await createUser()))).toEqual(noInvite);
    },
  );

  it.each([
    { body: {}, type: "missing" },
    { body: { token: null }, type: "string_type" },
    { body: { token: 5 }, type: "string_type" },
    { body: [], type: "model_attributes_type" },
  ])("a malformed secret is 404: $body", async ({ body, type }) => {
    const answer = await anonymous.post("/api/v1/invites/preview", body);
    expect([answer.status, answer.body.detail[0].type]).toEqual([422, type]);
  });
});

it("a preview takes one round trip without writes, and none for a forged secret", async () => {
  const counter = new CostMeter();
  const { account } = await createAccountWithOwner();
  const token = await invitationTokenOf(await storeInvite(account));
  const missing = await invitationTokenOf(crypto.randomUUID(), 1);
  for (const [secret, roundTrips] of [
    [token, 1],
    [missing, 1],
    [altered(token), 0],
  ] as const) {
    counter.read();
    await preview(secret, counter.meter(anonymous));
    expect(counter.read()).toMatchObject({ roundTrips, rowsWritten: 0 });
  }
});

it("a preview allows only POST", async () => {
  const answer = await anonymous.get("/api/v1/invites/preview");
  expect([answer.status, answer.headers.get("Allow")]).toEqual([405, "POST"]);
});

describe("an address", () => {
  beforeEach(() => waitForFreshMinute(), 60_000);
  const from = (address: string) => ({ "CF-Connecting-IP": address });
  const limited = anonymous.via(workerWith({ RATE_LIMITS: "on" }));

  it("an address may preview 60 times a minute, and others are not affected", async () => {
    const { account } = await createAccountWithOwner();
    const token = await invitationTokenOf(await storeInvite(account));
    const statuses = new Set<number>();
    for (let asked = 0; asked < 60; asked += 1) {
      statuses.add((await preview(token, limited, from("192.0.2.60"))).status);
    }
    expect([...statuses]).toEqual([200]);
    for (const secret of [token, 5]) {
      const refused = await preview(secret, limited, from("192.0.2.60"));
      expect([refused.status, refused.body]).toEqual([
        429,
        { detail: "Too many requests. Try again later." },
      ]);
      expect(refused.headers.get("Retry-After")).toBe("60");
    }
    expect((await preview(token, limited, from("192.0.2.61"))).status).toBe(200);
  });

  it("an address that guesses secrets is limited like invalid tokens [R27]", async () => {
    const headers = from("192.0.2.70");
    const guesser = (await createUser()).via(workerWith({ RATE_LIMITS: "on" }));
    const wrong = await invitationTokenOf(crypto.randomUUID(), 1);
    const statuses: number[] = [];
    for (let tried = 0; tried < 50; tried += 1) {
      statuses.push((await preview(wrong, limited, headers)).status);
      const { status } = await guesser.post("/api/v1/invites/accept", { token: wrong }, { headers });
      statuses.push(status);
    }
    expect([...new Set(statuses)]).toEqual([404]);
    expect((await preview(wrong, limited, headers)).status).toBe(429);
    expect((await guesser.post("/api/v1/invites/accept", { token: wrong }, { headers })).status).toBe(429);
    const bad = { ...headers, Authorization: "Bearer nonsense" };
    expect((await limited.get("/api/v1/user", { headers: bad })).status).toBe(429);
  });
});

/** A forged secret of the right form. */
function altered(token: string): string {
  return `${token.slice(0, -2)}${token.endsWith("AA") ? "QA" : "AA"}`;
}
