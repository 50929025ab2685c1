/** Secrets of invitations that open nothing: all of them are answered alike. */
import { describe, expect, it } from "vitest";

import { createInvitationToken } from "../../src/services/invitations/token.ts";
import { noField, noString } from "../faults.ts";
import { setInvite, storeInvite } from "../organizations/invitations.ts";
import { answered } from "../organizations/requests.ts";
import { operator, someone } from "../world.ts";
import {
  accept,
  invite,
  invited,
  inviteKey,
  inviteOf,
  inviteSecret,
  lastInvite,
  sentAgo,
} from "./invites.ts";
import { found, missingBody, noInvite } from "./members.ts";
import { setAccount } from "./rows.ts";

describe("a secret that is no good", () => {
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
      const uuid = await storeInvite((await found()).account);
      return createInvitationToken("another key, which is long enough too", { uuid, version: 1 });
    },
    "one of an invitation there is not": async () =>
      createInvitationToken(inviteKey(), { uuid: crypto.randomUUID(), version: 1 }),
    "one of a version to come": async () => inviteSecret(await storeInvite((await found()).account), 2),
    "one of no version": async () => inviteSecret(await storeInvite((await found()).account), 0),
    "one that a later mail has superseded": async () => {
      const { owner, account } = await found();
      const email = await invited(owner, account);
      const token = await inviteSecret((await lastInvite(account, email)).uuid);
      await sentAgo(account, email, 60_000);
      await invite(owner, account, { email });
      expect(await lastInvite(account, email)).toMatchObject({ version: 2, state: "pending" });
      return token;
    },
    "one that has expired": async () => {
      const uuid = await storeInvite((await found()).account);
      await setInvite(uuid, { valid_until: Date.now() });
      return inviteSecret(uuid);
    },
    "one that was revoked": async () => {
      const { owner, account } = await found();
      const email = await invited(owner, account);
      await owner.delete(inviteOf(account, email));
      return inviteSecret((await lastInvite(account, email)).uuid);
    },
    "one that another has used": async () => {
      const token = await fresh();
      expect((await accept(await someone(), token)).status).toBe(200);
      return token;
    },
    "one of an account that was deleted": async () => {
      const { owner, account } = await found();
      const token = await inviteSecret(await storeInvite(account));
      expect((await owner.delete(`/api/v1/account/${account.slug}`)).status).toBe(204);
      return token;
    },
    "one of a blocked account that was revoked": async () => {
      const { owner, account } = await found();
      const email = await invited(owner, account);
      await owner.delete(inviteOf(account, email));
      await setAccount(account, { blocking_state: "manager" });
      return inviteSecret((await lastInvite(account, email)).uuid);
    },
  };

  async function fresh(): Promise<string> {
    return inviteSecret(await storeInvite((await found()).account));
  }

  it.each(Object.entries(dead))(
    "is not found, and makes nobody a member: %s [R23, R27]",
    async (_, makeToken) => {
      const token = await makeToken();
      for (const guest of [await someone(), await operator()]) {
        const answer = await accept(guest, token);
        expect(answered(answer)).toEqual(noInvite);
        expect(answer.text).toBe('{"detail":"Invite not found"}');
      }
      const guest = await someone();
      expect(answered(await accept(guest, token))).toEqual(noInvite);
      expect((await guest.get("/api/v1/accounts")).body).toEqual([]);
    },
  );

  it("is one whose body is no good: told so before anything is looked for", async () => {
    const guest = await someone();
    const path = "/api/v1/invites/accept";
    for (const [body, fault] of [
      [{}, { ...noField, loc: ["body", "token"], input: {} }],
      [{ token: null }, { ...noString, loc: ["body", "token"], input: null }],
      [{ token: 5 }, { ...noString, loc: ["body", "token"], input: 5 }],
      [{ token: ["x"] }, { ...noString, loc: ["body", "token"], input: ["x"] }],
      [null, missingBody],
    ]) {
      expect(answered(await guest.post(path, body))).toEqual({ status: 422, body: { detail: [fault] } });
    }
    for (const token of ["\0", "\ud800", "x".repeat(500_000), "\u{1f600}", "A".repeat(70)]) {
      expect(answered(await accept(guest, token))).toEqual(noInvite);
    }
  });
});
