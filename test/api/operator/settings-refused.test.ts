/** Invalid values of an account's settings, reported in pydantic's format. */
import { describe, expect, it } from "vitest";

import { accountChanges, getBody, setUp } from "../../support/operator.ts";
import {
  atLeast,
  atMost,
  dateTooLate,
  fractionalNumber,
  invalidBody,
  type InvalidValue,
  invalidValues,
  missingField,
  notDatetime,
  notDatetimeText,
  notInteger,
  notIntegerText,
  notObject,
  notOneOf,
  notString,
  patternMismatch,
  tooLong,
  tooShort,
} from "../../support/pydantic-errors.ts";
import { statusAndBody } from "../../support/fixtures.ts";

const most = Number.MAX_SAFE_INTEGER;
const plans = ["stash-trial", "v3starter", "v3fly", "v3growth", "v3pro", "v3enterprise", "cowork"];

const values: readonly InvalidValue[] = [
  ...invalidValues("type", notOneOf(...plans), "gold", "", "V3PRO", 5, null, ["v3pro"]),
  ...["max_users", "max_kbs", "usage_limit"].flatMap((field) => [
    ...invalidValues(field, atLeast(0), -1, "-1"),
    ...invalidValues(field, atMost(most), most + 1),
    ...invalidValues(field, fractionalNumber, 1.5),
    ...invalidValues(field, notIntegerText, "many", "", "1.5"),
    ...invalidValues(field, notInteger, [5], {}),
  ]),
  ...invalidValues("usage_enforcement", notOneOf("refuse", "allow"), "maybe", "", null, true),
  ...invalidValues("trial_expiration_date", notDatetimeText, "tomorrow", "", "2200-02-30", "2200-13-01"),
  ...invalidValues("trial_expiration_date", dateTooLate, 1e300, 253_402_300_800_000),
  ...invalidValues("trial_expiration_date", notDatetime, true, [], {}),
  ...invalidValues("idp_route", tooShort, ""),
  ...invalidValues("idp_route", tooLong(200), "x".repeat(201)),
  ...invalidValues(
    "idp_route",
    patternMismatch("^[a-zA-Z0-9._-]+$"),
    "a b",
    "a/b",
    "ä",
    "a\n",
    "a\u0000",
    "a?",
    "…",
  ),
  ...invalidValues("idp_route", notString, 5, true, ["a"], {}),
  ...invalidValues("limits", notObject, 5, "none", [], true),
];

describe("an invalid setting", () => {
  it.each(values)("an invalid $field is rejected: $input", async ({ field, input, fault }) => {
    const { root, account, path } = await setUp();
    const before = await getBody(root, path);
    const answer = await root.patch(path, { max_users: 5, max_kbs: 5, [field]: input });
    expect(statusAndBody(answer)).toEqual(invalidBody({ ...fault, loc: [field], input }));
    expect(await getBody(root, path)).toEqual(before);
    expect(await accountChanges(account)).toEqual([]);
  });

  it("all invalid settings are reported together with their locations", async () => {
    const { root, path } = await setUp();
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
    expect(statusAndBody(await root.patch(path, body))).toEqual(
      invalidBody(
        { ...notOneOf(...plans), loc: ["type"], input: "gold" },
        { ...notInteger, loc: ["max_users"], input: {} },
        { ...notIntegerText, loc: ["max_kbs"], input: "x" },
        { ...notIntegerText, loc: ["limits", "upload", "upload_limit_max_media_file_size"], input: "big" },
        { ...atLeast(0), loc: ["limits", "usage", "monthly_limit_paragraphs_processed"], input: -1 },
        { ...fractionalNumber, loc: ["limits", "usage", "storage_limit_max_resources_per_kb"], input: 0.5 },
        { ...atLeast(0), loc: ["usage_limit"], input: -5 },
        { ...notOneOf("refuse", "allow"), loc: ["usage_enforcement"], input: "maybe" },
        { ...notDatetimeText, loc: ["trial_expiration_date"], input: "soon" },
        { ...patternMismatch("^[a-zA-Z0-9._-]+$"), loc: ["idp_route"], input: "a b" },
      ),
    );
    expect(statusAndBody(await root.patch(path, { limits: { upload: 5, usage: [] } }))).toEqual(
      invalidBody(
        { ...notObject, loc: ["limits", "upload"], input: 5 },
        { ...notObject, loc: ["limits", "usage"], input: [] },
      ),
    );
  });

  it("a body that is not an object is rejected", async () => {
    const { root, path, block } = await setUp();
    for (const at of [path, block]) {
      const missing = { ...missingField, loc: [], input: null };
      expect(statusAndBody(await root.patch(at))).toEqual(invalidBody(missing));
      expect(statusAndBody(await root.patch(at, null))).toEqual(invalidBody(missing));
      for (const input of [[], "text", 5])
        expect(statusAndBody(await root.patch(at, input))).toEqual(
          invalidBody({ ...notObject, loc: [], input }),
        );
    }
  });
});
