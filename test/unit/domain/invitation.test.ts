import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { rolesAtLeast, secondsUntilResend } from "../../../src/domain/invitation.ts";
import { createInvitationToken, parseInvitationToken } from "../../../src/services/invitations/token.ts";

const key = fc.string({ minLength: 16, unit: "binary" }).map((text) => text.toWellFormed());
const reference = fc.record({ uuid: fc.uuid(), version: fc.integer({ min: 1, max: 2 ** 32 - 1 }) });

describe("the secret of an invitation", () => {
  it("the secret of an invitation identifies the invitation and version it was created for [R20]", async () => {
    await fc.assert(
      fc.asyncProperty(key, reference, async (secret, invite) => {
        const token = await createInvitationToken(secret, invite);
        expect(token).toMatch(/^[\w-]{70}$/);
        expect(await parseInvitationToken(secret, token)).toEqual(invite);
        expect(await createInvitationToken(secret, invite)).toBe(token);
      }),
    );
  });

  it("the secret of an invitation is rejected with any bit flipped [R20]", async () => {
    const invite = { uuid: crypto.randomUUID(), version: 3 };
    const token = await createInvitationToken("a key for this test", invite);
    const options = { alphabet: "base64url", omitPadding: true } as const;
    for (let bit = 0; bit < 52 * 8; bit += 1) {
      const bytes = Uint8Array.fromBase64(token, { alphabet: "base64url" });
      const at = Math.floor(bit / 8);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit % 8));
      expect(await parseInvitationToken("a key for this test", bytes.toBase64(options))).toBeUndefined();
    }
  });

  it("the secret of an invitation is rejected with another key", async () => {
    await fc.assert(
      fc.asyncProperty(key, key, reference, async (mine, other, invite) => {
        fc.pre(mine !== other);
        expect(await parseInvitationToken(other, await createInvitationToken(mine, invite))).toBeUndefined();
      }),
    );
  });

  it("the secret of an invitation has only one valid spelling", async () => {
    const token = await createInvitationToken("a key for this test", {
      uuid: crypto.randomUUID(),
      version: 1,
    });
    const last = token.charCodeAt(69);
    const spellings = [
      `${token} `,
      ` ${token}`,
      `${token}==`,
      `${token}A`,
      token.slice(0, -1),
      // The bits behind the last byte.
      `${token.slice(0, 69)}${String.fromCharCode(last + 1)}`,
    ];
    for (const spelling of spellings) {
      expect(await parseInvitationToken("a key for this test", spelling)).toBeUndefined();
    }
  });

  it("the secret of an invitation is not parsed from any other text", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.base64String({ minLength: 60, maxLength: 80 })),
        async (text) => {
          expect(await parseInvitationToken("a key for this test", text)).toBeUndefined();
        },
      ),
    );
  });
});

it("a user can only grant roles up to their own [R10]", () => {
  expect(rolesAtLeast("AOWNER")).toEqual(["AOWNER"]);
  expect(rolesAtLeast("AMEMBER")).toEqual(["AOWNER", "AMEMBER"]);
});

it("an invitation can be sent once per minute", () => {
  const now = 1_000_000_000;
  expect(secondsUntilResend(now - 60_000, now)).toBe(0);
  expect(secondsUntilResend(now - 59_999, now)).toBe(1);
  expect(secondsUntilResend(now - 1, now)).toBe(60);
  expect(secondsUntilResend(now, now)).toBe(60);
  expect(secondsUntilResend(now + 5_000, now)).toBe(60);
  expect(secondsUntilResend(0, now)).toBe(0);
});
