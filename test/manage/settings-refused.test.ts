/** Values that an account's settings do not take, told as pydantic tells it. */
import { describe, expect, it } from "vitest";

import { answered, changed, shown, start } from "./face.ts";
import {
  atLeast,
  atMost,
  fraction,
  noField,
  noInteger,
  noIntegerText,
  noMatch,
  noMoment,
  noMomentText,
  noObject,
  noString,
  notAmong,
  tooLate,
  tooLong,
  tooShort,
  wrong,
  wrongBody,
  type Wrong,
} from "../faults.ts";

const most = Number.MAX_SAFE_INTEGER;
const plans = ["stash-trial", "v3starter", "v3fly", "v3growth", "v3pro", "v3enterprise", "cowork"];

const values: readonly Wrong[] = [
  ...wrong("type", notAmong(...plans), "gold", "", "V3PRO", 5, null, ["v3pro"]),
  ...["max_users", "max_kbs", "usage_limit"].flatMap((field) => [
    ...wrong(field, atLeast(0), -1, "-1"),
    ...wrong(field, atMost(most), most + 1),
    ...wrong(field, fraction, 1.5),
    ...wrong(field, noIntegerText, "many", "", "1.5"),
    ...wrong(field, noInteger, [5], {}),
  ]),
  ...wrong("usage_enforcement", notAmong("refuse", "allow"), "maybe", "", null, true),
  ...wrong("trial_expiration_date", noMomentText, "tomorrow", "", "2200-02-30", "2200-13-01"),
  ...wrong("trial_expiration_date", tooLate, 1e300, 253_402_300_800_000),
  ...wrong("trial_expiration_date", noMoment, true, [], {}),
  ...wrong("idp_route", tooShort, ""),
  ...wrong("idp_route", tooLong(200), "x".repeat(201)),
  ...wrong("idp_route", noMatch("^[a-zA-Z0-9._-]+$"), "a b", "a/b", "ä", "a\n", "a\u0000", "a?", "…"),
  ...wrong("idp_route", noString, 5, true, ["a"], {}),
  ...wrong("limits", noObject, 5, "none", [], true),
];

describe("a wrong value", () => {
  it.each(values)("of %s: %j", async (field, input, fault) => {
    const { root, account, path } = await start();
    const before = await shown(root, path);
    const answer = await root.patch(path, { max_users: 5, max_kbs: 5, [field]: input });
    expect(answered(answer)).toEqual(wrongBody({ ...fault, loc: [field], input }));
    expect(await shown(root, path)).toEqual(before);
    expect(await changed(account)).toEqual([]);
  });

  it("is told with all others, each at its place", async () => {
    const { root, path } = await start();
    const body = {
      idp_route: "a b",
      trial_expiration_date: "soon",
      usage_enforcement: "maybe",
      usage_limit: -5,
      limits: {
        usage: { storage_limit_max_resources_per_kb: 0.5, monthly_limit_paragraphs_processed: -1 },
        upload: { upload_limit_max_media_file_size: "big" },
      },
      max_kbs: "x",
      max_users: {},
      type: "gold",
    };
    expect(answered(await root.patch(path, body))).toEqual(
      wrongBody(
        { ...notAmong(...plans), loc: ["type"], input: "gold" },
        { ...noInteger, loc: ["max_users"], input: {} },
        { ...noIntegerText, loc: ["max_kbs"], input: "x" },
        { ...noIntegerText, loc: ["limits", "upload", "upload_limit_max_media_file_size"], input: "big" },
        { ...atLeast(0), loc: ["limits", "usage", "monthly_limit_paragraphs_processed"], input: -1 },
        { ...fraction, loc: ["limits", "usage", "storage_limit_max_resources_per_kb"], input: 0.5 },
        { ...atLeast(0), loc: ["usage_limit"], input: -5 },
        { ...notAmong("refuse", "allow"), loc: ["usage_enforcement"], input: "maybe" },
        { ...noMomentText, loc: ["trial_expiration_date"], input: "soon" },
        { ...noMatch("^[a-zA-Z0-9._-]+$"), loc: ["idp_route"], input: "a b" },
      ),
    );
    expect(answered(await root.patch(path, { limits: { upload: 5, usage: [] } }))).toEqual(
      wrongBody(
        { ...noObject, loc: ["limits", "upload"], input: 5 },
        { ...noObject, loc: ["limits", "usage"], input: [] },
      ),
    );
  });

  it("is a body that is none", async () => {
    const { root, path, block } = await start();
    for (const at of [path, block]) {
      const missing = { ...noField, loc: [], input: null };
      expect(answered(await root.patch(at))).toEqual(wrongBody(missing));
      expect(answered(await root.patch(at, null))).toEqual(wrongBody(missing));
      for (const input of [[], "text", 5])
        expect(answered(await root.patch(at, input))).toEqual(wrongBody({ ...noObject, loc: [], input }));
    }
  });
});
