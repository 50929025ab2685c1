import { describe, expect, it } from "vitest";

import { createInvitationToken } from "../../../src/services/invitations/token.ts";
import {
  acceptInvite,
  createInvite,
  invitationTokenOf,
  invitePath,
  inviteSecretKey,
  inviteToAccount,
  latestInvite,
  moveSentAt,
} from "../../support/account-invites.ts";
import { setAccount } from "../../support/database.ts";
import { createOperator, createUser, statusAndBody } from "../../support/fixtures.ts";
import { setInvite, storeInvite } from "../../support/invitations.ts";
import { createAccountWithOwner, missingBody, noInvite } from "../../support/members.ts";
import { missingField, notString } from "../../support/pydantic-errors.ts";

describe("invalid secrets", () => {
  const dead: Readonly<Record<string, () => Promise<string>>> = {
    "no secret at all": async () => "nonsense",
    "an empty one": async () => "",
    "one with a character more": async () => `${await fresh()}A`,
    "one with a character less": async () => (await fresh()).slice(0, -1),
    "one with a space behind": async () => `${await fresh()} `,
    "one with padding": async () => `${await fresh()}==`,
    "one in another alphabet": async () => `${(await fresh()).slice(0, -1)}+`,
    "one with its last bits set": async () => {
      const token = await fresh();
      const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
      const last = alphabet.indexOf(token.at(-1) ?? "");
      return token.slice(0, -1) + (alphabet[last + 1] ?? "A");
    },
    "one with a character changed": async () => {
      const token = await fresh();
      return `${token.slice(0, 30)}${token[30] === "A" ? "B" : "A"}${token.slice(31)}`;
    },
    "one of another key": async () => {
      const uuid = await storeInvite((await createAccountWithOwner()).account);
      return createInvitationToken("another key, which is long enough too", { uuid, version: 1 });
    },
    "one of an invitation there is not": async () =>
      createInvitationToken(inviteSecretKey(), { uuid: crypto.randomUUID(), version: 1 }),
    "one of a version to come": async () =>
      invitationTokenOf(await storeInvite((await createAccountWithOwner()).account), 2),
    "one of no version": async () =>
      invitationTokenOf(await storeInvite((await createAccountWithOwner()).account), 0),
    "one that a later mail has superseded": async () => {
      const { owner, account } = await createAccountWithOwner();
      const email = await createInvite(owner, account);
      const token = await invitationTokenOf((await latestInvite(account, email)).uuid);
      await moveSentAt(account, email, 60_000);
      await inviteToAccount(owner, account, { email });
      expect(await latestInvite(account, email)).toMatchObject({ version: 2, state: "pending" });
      return token;
    },
    "one that has expired": async () => {
      const uuid = await storeInvite((await createAccountWithOwner()).account);
      await setInvite(uuid, { valid_until: Date.now() });
      return invitationTokenOf(uuid);
    },
    "one that was revoked": async () => {
      const { owner, account } = await createAccountWithOwner();
      const email = await createInvite(owner, account);
      await owner.delete(invitePath(account, email));
      return invitationTokenOf((await latestInvite(account, email)).uuid);
    },
    "one that another has used": async () => {
      const token = await fresh();
      expect((await acceptInvite(await createUser(), token)).status).toBe(200);
      return token;
    },
    "one of an account that was deleted": async () => {
      const { owner, account } = await createAccountWithOwner();
      const token = await invitationTokenOf(await storeInvite(account));
      expect((await owner.delete(`/api/v1/account/${account.slug}`)).status).toBe(204);
      return token;
    },
    "one of a blocked account that was revoked": async () => {
      const { owner, account } = await createAccountWithOwner();
      const email = await createInvite(owner, account);
      await owner.delete(invitePath(account, email));
      await setAccount(account, { blocking_state: "manager" });
      return invitationTokenOf((await latestInvite(account, email)).uuid);
    },
  };

  async function fresh(): Promise<string> {
    return invitationTokenOf(await storeInvite((await createAccountWithOwner()).account));
  }

  it.each(Object.entries(dead))(
    "an invalid secret is 404 and makes nobody a member: %s [R23, R27]",
    async (_, makeToken) => {
      const token = await makeToken();
      for (const guest of [await createUser(), await createOperator()]) {
        const answer = await acceptInvite(guest, token);
        expect(statusAndBody(answer)).toEqual(noInvite);
        expect(answer.text).toBe('{"detail":"Invite not found"}');
      }
      const guest = await createUser();
      expect(statusAndBody(await acceptInvite(guest, token))).toEqual(noInvite);
      expect((await guest.get("/api/v1/accounts")).body).toEqual([]);
    },
  );

  it("an invalid body is rejected before the secret is checked", async () => {
    const guest = await createUser();
    const path = "/api/v1/invites/accept";
    for (const [body, fault] of [
      [{}, { ...missingField, loc: ["body", "token"], input: {} }],
      [{ token: null }, { ...notString, loc: ["body", "token"], input: null }],
      [{ token: 5 }, { ...notString, loc: ["body", "token"], input: 5 }],
      [{ token: ["x"] }, { ...notString, loc: ["body", "token"], input: ["x"] }],
      [null, missingBody],
    ]) {
      expect(statusAndBody(await guest.post(path, body))).toEqual({ status: 422, body: { detail: [fault] } });
    }
    for (const token of ["\0", "\ud800", "x".repeat(500_000), "\u{1f600}", "A".repeat(70)]) {
      expect(statusAndBody(await acceptInvite(guest, token))).toEqual(noInvite);
    }
  });
});
