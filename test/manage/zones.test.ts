/** Zones as the operator lists and makes them. */
import { describe, expect, it } from "vitest";

import { operator, unique } from "../world.ts";
import {
  answered,
  changeCount,
  changesOf,
  makeZone,
  newZone,
  oneZone,
  shown,
  userOf,
  zones,
  zoneSlugTaken,
} from "./face.ts";
import {
  badValue,
  noBoolean,
  noBooleanWord,
  noField,
  noMatch,
  noObject,
  noString,
  notAmong,
  tooLong,
  tooShort,
  wrong,
  wrongBody,
  type Wrong,
} from "../faults.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const pattern = "^[.a-z0-9_-]+$";
const providers = ["AWS", "GCP", "ON_PREMISES", "CLOUDFLARE"];
const hints = ["wnam", "enam", "weur", "eeur", "apac", "oc", "sam", "afr", "me"];
const id = crypto.randomUUID();
const values: readonly Wrong[] = [
  ...wrong("slug", noMatch(pattern), "", "Europe", "a b", "a/b", "ä", "a\n"),
  ...wrong("slug", tooLong(200), "x".repeat(201)),
  ...wrong("slug", badValue("This slug is reserved."), id, id.replaceAll("-", "")),
  ...wrong("slug", noString, 5, ["x"], null),
  ...wrong("title", noString, 5, ["x"], null),
  ...wrong("title", tooShort, "", "  "),
  ...wrong("title", tooLong(200), "x".repeat(201)),
  ...wrong("title", badValue("Control characters are not allowed."), "a\u0000b", "a\nb"),
  ...wrong("cloud_provider", notAmong(...providers), "aws", "", null, 5),
  ...wrong("private", noBooleanWord, "perhaps", "", 2, -1),
  ...wrong("private", noBoolean, null, [], {}, ["true"], ["0"], [1]),
  ...wrong("origin", noString, 5, ["x"]),
  ...wrong("origin", tooShort, ""),
  ...wrong("origin", tooLong(2048), "x".repeat(2049)),
  ...wrong("location_hint", notAmong(...hints), "WEUR", "eu", "", 5),
];

describe("the list of zones", () => {
  it("has every zone, the oldest first, on one page", async () => {
    const root = await operator();
    const before = await shown(root, zones);
    const first = { cloud_provider: "CLOUDFLARE", private: false, origin: null };
    expect(before.items.slice(0, 2)).toEqual([
      { id: expect.any(String), slug: "europe-1", title: "Europe 1", ...first, location_hint: "weur" },
      { id: expect.any(String), slug: "us-1", title: "US 1", ...first, location_hint: "enam" },
    ]);
    const made = [
      await makeZone(root, { slug: unique("z") }),
      await makeZone(root, { slug: unique("a"), private: true }),
    ];
    expect(await shown(root, zones)).toEqual({ items: [...before.items, ...made], next: null });
  });
});

describe("making a zone", () => {
  it("takes slug, title and provider, and no more unless told", async () => {
    const root = await operator();
    const body = newZone();
    const answer = await root.post(zones, body);
    const rest = { private: false, origin: null, location_hint: null };
    const expected = { id: expect.stringMatching(uuid), ...body, ...rest };
    expect(answered(answer)).toEqual({ status: 201, body: expected });
    expect(await shown(root, oneZone(answer.body))).toEqual(answer.body);
    expect(await changesOf(`zone:${answer.body.id}`)).toEqual([
      {
        actor: (await userOf(root)).id,
        action: "zone.created",
        changes: {
          slug: [null, body["slug"]],
          title: [null, "Zone"],
          cloud_provider: [null, body["cloud_provider"]],
          private: [null, false],
        },
      },
    ]);
  });

  it("takes everything", async () => {
    const root = await operator();
    for (const [at, location_hint] of hints.entries()) {
      const cloud_provider = providers[at % 4];
      const body = newZone({
        cloud_provider,
        location_hint,
        private: true,
        origin: "https://eu.example:8443/x",
      });
      const answer = await root.post(zones, { ...body, id: "no", more: [] });
      expect(answered(answer)).toEqual({ status: 201, body: { id: answer.body.id, ...body } });
      expect(await shown(root, oneZone(answer.body))).toEqual(answer.body);
    }
    const longest = newZone({ slug: unique().padEnd(200, "."), title: "😀".repeat(200), origin: null });
    expect((await root.post(zones, longest)).body).toMatchObject(longest);
    expect(await makeZone(root, { title: " Cafe\u0301 \u0020" })).toMatchObject({ title: "Caf\u00e9" });
    for (const [given, hidden] of [
      ["yes", true],
      [1, true],
      ["FALSE", false],
      [0, false],
    ] as const)
      expect(await makeZone(root, { private: given })).toMatchObject({ private: hidden });
  });

  it.each(values)("refuses %s %j, new or changed", async (field, input, fault) => {
    const root = await operator();
    const zone = await makeZone(root);
    const before = await changeCount();
    const refused = wrongBody({ ...fault, loc: [field], input });
    expect(answered(await root.post(zones, newZone({ [field]: input })))).toEqual(refused);
    expect(answered(await root.patch(oneZone(zone), { [field]: input }))).toEqual(refused);
    expect(await changeCount()).toBe(before);
  });

  it("refuses everything that is wrong at once", async () => {
    const root = await operator();
    const body = { location_hint: "moon", origin: 5, private: "perhaps", slug: "A" };
    expect(answered(await root.post(zones, body))).toEqual(
      wrongBody(
        { ...noMatch(pattern), loc: ["slug"], input: "A" },
        { ...noField, loc: ["title"], input: body },
        { ...noField, loc: ["cloud_provider"], input: body },
        { ...noBooleanWord, loc: ["private"], input: "perhaps" },
        { ...noString, loc: ["origin"], input: 5 },
        { ...notAmong(...hints), loc: ["location_hint"], input: "moon" },
      ),
    );
    expect(answered(await root.post(zones))).toEqual(wrongBody({ ...noField, loc: [], input: null }));
    expect(answered(await root.post(zones, []))).toEqual(wrongBody({ ...noObject, loc: [], input: [] }));
  });

  it("refuses a slug that is taken, also of twenty at once", async () => {
    const root = await operator();
    const { slug } = await makeZone(root);
    const before = await changeCount();
    expect(answered(await root.post(zones, newZone({ slug })))).toEqual(zoneSlugTaken);
    expect(await changeCount()).toBe(before);
    const body = newZone();
    const answers = await Promise.all(Array.from({ length: 20 }, () => root.post(zones, body)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers) if (answer.status !== 201) expect(answered(answer)).toEqual(zoneSlugTaken);
    expect(await changeCount()).toBe(before + 1);
  });
});
