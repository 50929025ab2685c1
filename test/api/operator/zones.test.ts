/** The operator lists and creates zones. */
import { describe, expect, it } from "vitest";

import { createOperator, unique, statusAndBody } from "../../support/fixtures.ts";
import {
  auditChangesOf,
  countAuditRows,
  createZone,
  getBody,
  newZone,
  userRefOf,
  zonePath,
  zoneSlugTaken,
  zonesPath,
} from "../../support/operator.ts";
import {
  badValue,
  invalidBody,
  type InvalidValue,
  invalidValues,
  missingField,
  notBoolean,
  notBooleanText,
  notObject,
  notOneOf,
  notString,
  patternMismatch,
  tooLong,
  tooShort,
} from "../../support/pydantic-errors.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const pattern = "^[.a-z0-9_-]+$";
const providers = ["AWS", "GCP", "ON_PREMISES", "CLOUDFLARE"];
const hints = ["wnam", "enam", "weur", "eeur", "apac", "oc", "sam", "afr", "me"];
const id = crypto.randomUUID();
const values: readonly InvalidValue[] = [
  ...invalidValues("slug", patternMismatch(pattern), "", "Europe", "a b", "a/b", "ä", "a\n"),
  ...invalidValues("slug", tooLong(200), "x".repeat(201)),
  ...invalidValues("slug", badValue("This slug is reserved."), id, id.replaceAll("-", "")),
  ...invalidValues("slug", notString, 5, ["x"], null),
  ...invalidValues("title", notString, 5, ["x"], null),
  ...invalidValues("title", tooShort, "", "  ", "\u200b"),
  ...invalidValues("title", tooLong(200), "x".repeat(201)),
  ...invalidValues("title", badValue("Control characters are not allowed."), "a\u0000b", "a\nb"),
  ...invalidValues("cloud_provider", notOneOf(...providers), "aws", "", null, 5),
  ...invalidValues("private", notBooleanText, "perhaps", "", 2, -1),
  ...invalidValues("private", notBoolean, null, [], {}, ["true"], ["0"], [1]),
  ...invalidValues("origin", notString, 5, ["x"]),
  ...invalidValues("origin", tooShort, ""),
  ...invalidValues("origin", tooLong(2048), "x".repeat(2049)),
  ...invalidValues("location_hint", notOneOf(...hints), "WEUR", "eu", "", 5),
];

describe("the list of zones", () => {
  it("the list has every zone on one page, oldest first", async () => {
    const root = await createOperator();
    const before = await getBody(root, zonesPath);
    const first = { cloud_provider: "CLOUDFLARE", private: false, origin: null };
    expect(before.items.slice(0, 2)).toEqual([
      { id: expect.any(String), slug: "europe-1", title: "Europe 1", ...first, location_hint: "weur" },
      { id: expect.any(String), slug: "us-1", title: "US 1", ...first, location_hint: "enam" },
    ]);
    const made = [
      await createZone(root, { slug: unique("z") }),
      await createZone(root, { slug: unique("a"), private: true }),
    ];
    expect(await getBody(root, zonesPath)).toEqual({ items: [...before.items, ...made], next: null });
  });
});

describe("creating a zone", () => {
  it("a zone needs only slug, title and cloud provider", async () => {
    const root = await createOperator();
    const body = newZone();
    const answer = await root.post(zonesPath, body);
    const rest = { private: false, origin: null, location_hint: null };
    const expected = { id: expect.stringMatching(uuid), ...body, ...rest };
    expect(statusAndBody(answer)).toEqual({ status: 201, body: expected });
    expect(await getBody(root, zonePath(answer.body))).toEqual(answer.body);
    expect(await auditChangesOf(`zone:${answer.body.id}`)).toEqual([
      {
        actor: (await userRefOf(root)).id,
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

  it("a zone can be created with all fields", async () => {
    const root = await createOperator();
    for (const [at, location_hint] of hints.entries()) {
      const cloud_provider = providers[at % 4];
      const body = newZone({
        cloud_provider,
        location_hint,
        private: true,
        origin: "https://eu.example:8443/x",
      });
      const answer = await root.post(zonesPath, { ...body, id: "no", more: [] });
      expect(statusAndBody(answer)).toEqual({ status: 201, body: { id: answer.body.id, ...body } });
      expect(await getBody(root, zonePath(answer.body))).toEqual(answer.body);
    }
    const longest = newZone({ slug: unique().padEnd(200, "."), title: "😀".repeat(200), origin: null });
    expect((await root.post(zonesPath, longest)).body).toMatchObject(longest);
    expect(await createZone(root, { title: " Cafe\u0301 \u0020" })).toMatchObject({ title: "Caf\u00e9" });
    for (const [given, hidden] of [
      ["yes", true],
      [1, true],
      ["FALSE", false],
      [0, false],
    ] as const)
      expect(await createZone(root, { private: given })).toMatchObject({ private: hidden });
  });

  it.each(values)(
    "an invalid $field is rejected in a new zone and in a change: $input",
    async ({ field, input, fault }) => {
      const root = await createOperator();
      const zone = await createZone(root);
      const before = await countAuditRows();
      const refused = invalidBody({ ...fault, loc: [field], input });
      expect(statusAndBody(await root.post(zonesPath, newZone({ [field]: input })))).toEqual(refused);
      expect(statusAndBody(await root.patch(zonePath(zone), { [field]: input }))).toEqual(refused);
      expect(await countAuditRows()).toBe(before);
    },
  );

  it("all errors in a body are reported together", async () => {
    const root = await createOperator();
    const body = { location_hint: "moon", origin: 5, private: "perhaps", slug: "A" };
    expect(statusAndBody(await root.post(zonesPath, body))).toEqual(
      invalidBody(
        { ...patternMismatch(pattern), loc: ["slug"], input: "A" },
        { ...missingField, loc: ["title"], input: body },
        { ...missingField, loc: ["cloud_provider"], input: body },
        { ...notBooleanText, loc: ["private"], input: "perhaps" },
        { ...notString, loc: ["origin"], input: 5 },
        { ...notOneOf(...hints), loc: ["location_hint"], input: "moon" },
      ),
    );
    expect(statusAndBody(await root.post(zonesPath))).toEqual(
      invalidBody({ ...missingField, loc: [], input: null }),
    );
    expect(statusAndBody(await root.post(zonesPath, []))).toEqual(
      invalidBody({ ...notObject, loc: [], input: [] }),
    );
  });

  it("a taken slug is rejected, also in twenty simultaneous requests", async () => {
    const root = await createOperator();
    const { slug } = await createZone(root);
    const before = await countAuditRows();
    expect(statusAndBody(await root.post(zonesPath, newZone({ slug })))).toEqual(zoneSlugTaken);
    expect(await countAuditRows()).toBe(before);
    const body = newZone();
    const answers = await Promise.all(Array.from({ length: 20 }, () => root.post(zonesPath, body)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers)
      if (answer.status !== 201) expect(statusAndBody(answer)).toEqual(zoneSlugTaken);
    expect(await countAuditRows()).toBe(before + 1);
  });
});
