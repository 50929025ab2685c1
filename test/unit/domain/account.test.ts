import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  blockingStateAt,
  blockingStates,
  isBlocked,
  isReservedSlug,
  slugKey,
} from "../../../src/domain/account.ts";
import { planLimits, plans } from "../../../src/domain/plan.ts";
import { effort } from "../../support/effort.ts";
import { parseUuid } from "../../../src/domain/uuid.ts";

const uuid = fc.uuid();
const slugText = fc.string({
  unit: fc.constantFrom(..."abcdefxyzABC0123456789-_"),
  minLength: 1,
  maxLength: 40,
});

/** A UUID with random case. */
const cased = fc
  .tuple(uuid, fc.infiniteStream(fc.boolean()))
  .map(([text, upper]) =>
    [...text].map((letter) => (upper.next().value === true ? letter.toUpperCase() : letter)).join(""),
  );

describe("a slug", () => {
  it("a slug has the same key in every case", () => {
    fc.assert(
      fc.property(slugText, (slug) => {
        expect(slugKey(slug.toUpperCase())).toBe(slugKey(slug));
        expect(slugKey(slugKey(slug))).toBe(slugKey(slug));
        expect(slugKey(slug)).toMatch(/^[-_a-z0-9]+$/);
        expect(isReservedSlug(slug.toUpperCase())).toBe(isReservedSlug(slug.toLowerCase()));
      }),
    );
  });

  const words = [
    "account",
    "accounts",
    "admin",
    "api",
    "docs",
    "healthz",
    "invite",
    "invites",
    "login",
    "logout",
    "manage",
    "me",
    "new",
    "openapi",
    "portal",
    "readyz",
    "root",
    "settings",
    "signup",
    "static",
    "status",
    "support",
    "system",
    "usage",
    "user",
    "users",
    "www",
    "zone",
    "zones",
  ];

  it.each(words)("a slug must not be the reserved word %s", (word) => {
    expect(isReservedSlug(word)).toBe(true);
    expect(isReservedSlug(word.toUpperCase())).toBe(true);
    expect(isReservedSlug(`${word}-`)).toBe(false);
    expect(isReservedSlug(`my-${word}`)).toBe(false);
  });

  it("a slug may be any other word, even the name of a property of every object", () => {
    for (const word of ["acme", "constructor", "__proto__", "toString", "a", "-", "0", "deadbeef"]) {
      expect(isReservedSlug(word)).toBe(false);
    }
  });

  it("a slug must not be a UUID in any spelling", () => {
    fc.assert(
      fc.property(cased, fc.array(fc.nat(32), { maxLength: 6 }), (text, hyphens) => {
        const digits = [...text.replaceAll("-", "")];
        for (const at of hyphens) digits.splice(at, 0, "-");
        for (const slug of [text, text.replaceAll("-", ""), digits.join("")]) {
          expect([slug, isReservedSlug(slug)]).toEqual([slug, true]);
        }
      }),
    );
  });

  it("a slug that is not reserved is never parsed as a UUID [R55]", () => {
    const nearly = fc.string({
      unit: fc.constantFrom(..."0123456789abcdefABCDEF-"),
      minLength: 32,
      maxLength: 36,
    });
    fc.assert(
      fc.property(fc.oneof(slugText, nearly), (slug) => {
        if (!isReservedSlug(slug)) expect([slug, parseUuid(slug)]).toEqual([slug, undefined]);
      }),
      { numRuns: effort(200, 1_000) },
    );
  });
});

describe("a UUID", () => {
  it("a UUID has the same canonical form for every spelling", () => {
    fc.assert(
      fc.property(cased, (text) => {
        const bare = text.replaceAll("-", "");
        for (const spelling of [
          text,
          bare,
          `{${text}}`,
          `{${bare}}`,
          `urn:uuid:${text}`,
          `URN:UUID:${text}`,
        ]) {
          expect(parseUuid(spelling)).toBe(text.toLowerCase());
        }
      }),
    );
  });

  it.each([
    "",
    "x",
    "0",
    "{}",
    "urn:uuid:",
    "g".repeat(32),
    "0".repeat(31),
    "0".repeat(33),
    `0${"\u0660".repeat(31)}`,
    " ".repeat(32),
    `${"0".repeat(32)}\n`,
  ])("a UUID is not parsed from %j", (text) => {
    expect(parseUuid(text)).toBeUndefined();
  });

  it("a UUID is always parsed to its canonical form", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const parsed = parseUuid(text);
        if (parsed !== undefined) expect(parseUuid(parsed)).toBe(parsed);
      }),
    );
  });
});

describe("an account's state", () => {
  const now = 1_800_000_000_000;

  it("an account's state is quota until the quota ends, unless a more severe state is stored", () => {
    expect(blockingStateAt("unblocked", null, now)).toBe("unblocked");
    expect(blockingStateAt("unblocked", now + 1, now)).toBe("quota");
    expect(blockingStateAt("unblocked", now, now)).toBe("unblocked");
    expect(blockingStateAt("unblocked", now - 1, now)).toBe("unblocked");
    for (const state of blockingStates) {
      if (state !== "unblocked") expect(blockingStateAt(state, now + 1, now)).toBe(state);
    }
  });

  it("blocks the account unless it is unblocked or quota", () => {
    expect(blockingStates.filter((state) => isBlocked(state))).toEqual([
      "manager",
      "trial_expired",
      "budget",
      "subscription_canceled",
      "subscription_unpaid",
    ]);
  });
});

describe("plans", () => {
  it("plans have the published limits", () => {
    const table = Object.fromEntries(
      plans.map((plan) => {
        const { monthlyUsage, maxUsers, maxKnowledgeBoxes, trialDays } = planLimits[plan];
        return [plan, [monthlyUsage, maxUsers, maxKnowledgeBoxes, trialDays]];
      }),
    );
    expect(table).toEqual({
      "stash-trial": [10_000, 10, 1, 14],
      v3starter: [100_000, 10, 5, null],
      v3fly: [100_000, 10, 5, null],
      v3growth: [1_000_000, 50, 20, null],
      v3pro: [1_000_000, 50, 20, null],
      v3enterprise: [null, null, null, null],
      cowork: [null, null, null, null],
    });
  });
});
