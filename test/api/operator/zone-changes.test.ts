/** The operator changes and deletes zones. */
import { describe, expect, it } from "vitest";

import { createAccount, createOperator, unique, statusAndBody } from "../../support/fixtures.ts";
import {
  auditChangesOf,
  createZone,
  getBody,
  sortedStatuses,
  type TestZone,
  userRefOf,
  zonePath,
  zoneSlugTaken,
} from "../../support/operator.ts";
import { patternMismatch } from "../../support/pydantic-errors.ts";

const noZone = { status: 404, body: { detail: "Zone not found" } };

/** Returns the audited changes of these fields. */
function changesTo(zone: TestZone, fields: object): object {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, [zone[name], value]]));
}

describe("changing a zone", () => {
  it.each([
    { slug: "…" },
    { title: "Other" },
    { cloud_provider: "GCP" },
    { private: true },
    { origin: "https://other.example" },
    { location_hint: "oc" },
  ])("a single field is changed: %j", async (given) => {
    const root = await createOperator();
    const zone = await createZone(root);
    const change = "slug" in given ? { slug: unique("slug") } : given;
    const after = { ...zone, ...change };
    expect(statusAndBody(await root.patch(zonePath(zone), change))).toEqual({ status: 200, body: after });
    expect(await getBody(root, zonePath(zone))).toEqual(after);
    expect((await auditChangesOf(`zone:${zone.id}`)).slice(1)).toEqual([
      { actor: (await userRefOf(root)).id, action: "zone.updated", changes: changesTo(zone, change) },
    ]);
  });

  it("all fields are changed at once, and null removes origin and location hint", async () => {
    const root = await createOperator();
    const zone = await createZone(root);
    const change = {
      slug: unique("slug"),
      title: "Other",
      cloud_provider: "GCP",
      private: true,
      origin: "https://other.example",
      location_hint: "oc",
    };
    const path = zonePath(zone);
    expect((await root.patch(path, { ...change, id: "no", more: 1 })).body).toEqual({ ...zone, ...change });
    const cleared = { ...zone, ...change, origin: null, location_hint: null };
    expect((await root.patch(path, { origin: null, location_hint: null })).body).toEqual(cleared);
    expect(await getBody(root, path)).toEqual(cleared);
    expect((await auditChangesOf(`zone:${zone.id}`)).map(({ changes }) => changes).slice(1)).toEqual([
      changesTo(zone, change),
      { origin: [change.origin, null], location_hint: ["oc", null] },
    ]);
  });

  it("a change to the current values changes nothing", async () => {
    const root = await createOperator();
    const zone = await createZone(root, { private: true, origin: "https://x.example" });
    const { id: _, ...same } = zone;
    for (const body of [{}, same, { title: ` ${String(zone["title"])} ` }, { private: "yes" }])
      expect(statusAndBody(await root.patch(zonePath(zone), body))).toEqual({ status: 200, body: zone });
    expect(await auditChangesOf(`zone:${zone.id}`)).toHaveLength(1);
  });

  it("a change to a taken slug is rejected completely", async () => {
    const root = await createOperator();
    const [zone, other] = [await createZone(root), await createZone(root)];
    expect(statusAndBody(await root.patch(zonePath(zone), { title: "No", slug: other.slug }))).toEqual(
      zoneSlugTaken,
    );
    expect(await getBody(root, zonePath(zone))).toEqual(zone);
    const answers = await Promise.all(
      [zone, other].map((one) => root.patch(zonePath(one), { slug: `${zone.slug}-new` })),
    );
    expect(sortedStatuses(answers)).toEqual([200, 409]);
  });

  it("two simultaneous changes are both stored", async () => {
    const root = await createOperator();
    const path = zonePath(await createZone(root));
    const changes = [{ title: "At once" }, { origin: "https://x.example" }, { private: true }];
    const answers = await Promise.all(changes.map((body) => root.patch(path, body)));
    expect(sortedStatuses(answers)).toEqual([200, 200, 200]);
    expect(await getBody(root, path)).toMatchObject({
      title: "At once",
      origin: "https://x.example",
      private: true,
    });
  });
});

describe("deleting a zone", () => {
  it("a deleted zone is gone, and its slug is free", async () => {
    const root = await createOperator();
    const zone = await createZone(root);
    const answer = await root.delete(zonePath(zone));
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect(statusAndBody(await root.get(zonePath(zone)))).toEqual(noZone);
    expect((await auditChangesOf(`zone:${zone.id}`)).slice(1)).toEqual([
      {
        actor: (await userRefOf(root)).id,
        action: "zone.deleted",
        changes: {
          slug: [zone.slug, null],
          title: [zone["title"], null],
          cloud_provider: [zone["cloud_provider"], null],
          private: [false, null],
        },
      },
    ]);
    const refused = await root.post("/api/v1/accounts", { slug: unique("acme"), zone: zone.slug });
    expect(refused.status).toBe(422);
    await createZone(root, { slug: zone.slug });
  });

  it("two simultaneous deletions delete once", async () => {
    const root = await createOperator();
    const zone = await createZone(root);
    const answers = await Promise.all([1, 2, 3].map(() => root.delete(zonePath(zone))));
    expect(sortedStatuses(answers)).toEqual([204, 404, 404]);
    expect(await auditChangesOf(`zone:${zone.id}`)).toHaveLength(2);
  });

  it("a zone cannot be deleted until its last account is gone", async () => {
    const root = await createOperator();
    const zone = await createZone(root);
    const placed = [
      await createAccount(root, { zone: zone.slug }),
      await createAccount(root, { zone: zone.id }),
    ];
    for (const account of placed) {
      const inUse = {
        status: 409,
        body: { detail: "Accounts are placed in this zone. It cannot be deleted or change its location." },
      };
      expect(statusAndBody(await root.delete(zonePath(zone)))).toEqual(inUse);
      expect(await getBody(root, zonePath(zone))).toEqual(zone);
      expect((await root.delete(`/api/v1/account/${account.id}`)).status).toBe(204);
    }
    expect((await root.delete(zonePath(zone))).status).toBe(204);
  });
});

describe("a zone", () => {
  it("a zone is found by its id in any spelling", async () => {
    const root = await createOperator();
    const zone = await createZone(root);
    for (const id of [zone.id.toUpperCase(), zone.id.replaceAll("-", ""), `urn:uuid:${zone.id}`])
      expect(await getBody(root, zonePath({ id }))).toEqual(zone);
  });

  it("an unknown zone is 404, and a malformed id 422", async () => {
    const root = await createOperator();
    const path = zonePath({ id: crypto.randomUUID() });
    expect(statusAndBody(await root.get(path))).toEqual(noZone);
    expect(statusAndBody(await root.patch(path, { title: "No" }))).toEqual(noZone);
    expect(statusAndBody(await root.delete(path))).toEqual(noZone);
    const error = "invalid length: expected length 32 for simple format, found 4";
    const msg = `Input should be a valid UUID, ${error}`;
    const malformed = { type: "uuid_parsing", loc: ["path", "id"], msg, input: "abcd", ctx: { error } };
    const refused = { status: 422, body: { detail: [malformed] } };
    const nowhere = zonePath({ id: "abcd" });
    expect(statusAndBody(await root.get(nowhere))).toEqual(refused);
    expect(statusAndBody(await root.delete(nowhere))).toEqual(refused);
    const slug = { ...patternMismatch("^[.a-z0-9_-]+$"), loc: ["body", "slug"], input: "A" };
    expect(statusAndBody(await root.patch(nowhere, { slug: "A" }))).toEqual({
      ...refused,
      body: { detail: [malformed, slug] },
    });
  });
});
