/** Zones as the operator changes and deletes them. */
import { describe, expect, it } from "vitest";

import { makeAccount, operator, unique } from "../world.ts";
import {
  answered,
  changesOf,
  makeZone,
  oneZone,
  shown,
  statuses,
  userOf,
  zoneSlugTaken,
  type MadeZone,
} from "./face.ts";
import { noMatch } from "../faults.ts";

const noZone = { status: 404, body: { detail: "Zone not found" } };

/** What a change of these fields is written down as. */
function changesTo(zone: MadeZone, fields: object): object {
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
  ])("sets one field: %j", async (given) => {
    const root = await operator();
    const zone = await makeZone(root);
    const change = "slug" in given ? { slug: unique("slug") } : given;
    const after = { ...zone, ...change };
    expect(answered(await root.patch(oneZone(zone), change))).toEqual({ status: 200, body: after });
    expect(await shown(root, oneZone(zone))).toEqual(after);
    expect((await changesOf(`zone:${zone.id}`)).slice(1)).toEqual([
      { actor: (await userOf(root)).id, action: "zone.updated", changes: changesTo(zone, change) },
    ]);
  });

  it("sets all fields as one change, and clears origin and place by null", async () => {
    const root = await operator();
    const zone = await makeZone(root);
    const change = {
      slug: unique("slug"),
      title: "Other",
      cloud_provider: "GCP",
      private: true,
      origin: "https://other.example",
      location_hint: "oc",
    };
    const path = oneZone(zone);
    expect((await root.patch(path, { ...change, id: "no", more: 1 })).body).toEqual({ ...zone, ...change });
    const cleared = { ...zone, ...change, origin: null, location_hint: null };
    expect((await root.patch(path, { origin: null, location_hint: null })).body).toEqual(cleared);
    expect(await shown(root, path)).toEqual(cleared);
    expect((await changesOf(`zone:${zone.id}`)).map(({ changes }) => changes).slice(1)).toEqual([
      changesTo(zone, change),
      { origin: [change.origin, null], location_hint: ["oc", null] },
    ]);
  });

  it("to what it is changes nothing", async () => {
    const root = await operator();
    const zone = await makeZone(root, { private: true, origin: "https://x.example" });
    const { id: _, ...same } = zone;
    for (const body of [{}, same, { title: ` ${String(zone["title"])} ` }, { private: "yes" }])
      expect(answered(await root.patch(oneZone(zone), body))).toEqual({ status: 200, body: zone });
    expect(await changesOf(`zone:${zone.id}`)).toHaveLength(1);
  });

  it("to a slug that is taken is refused whole", async () => {
    const root = await operator();
    const [zone, other] = [await makeZone(root), await makeZone(root)];
    expect(answered(await root.patch(oneZone(zone), { title: "No", slug: other.slug }))).toEqual(
      zoneSlugTaken,
    );
    expect(await shown(root, oneZone(zone))).toEqual(zone);
    const answers = await Promise.all(
      [zone, other].map((one) => root.patch(oneZone(one), { slug: `${zone.slug}-new` })),
    );
    expect(statuses(answers)).toEqual([200, 409]);
  });

  it("by two at once loses neither change", async () => {
    const root = await operator();
    const path = oneZone(await makeZone(root));
    const changes = [{ title: "At once" }, { origin: "https://x.example" }, { private: true }];
    const answers = await Promise.all(changes.map((body) => root.patch(path, body)));
    expect(statuses(answers)).toEqual([200, 200, 200]);
    expect(await shown(root, path)).toMatchObject({
      title: "At once",
      origin: "https://x.example",
      private: true,
    });
  });
});

describe("deleting a zone", () => {
  it("leaves nothing of it, and its slug to others", async () => {
    const root = await operator();
    const zone = await makeZone(root);
    const answer = await root.delete(oneZone(zone));
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect(answered(await root.get(oneZone(zone)))).toEqual(noZone);
    expect((await changesOf(`zone:${zone.id}`)).slice(1)).toEqual([
      {
        actor: (await userOf(root)).id,
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
    await makeZone(root, { slug: zone.slug });
  });

  it("twice at once happens once", async () => {
    const root = await operator();
    const zone = await makeZone(root);
    const answers = await Promise.all([1, 2, 3].map(() => root.delete(oneZone(zone))));
    expect(statuses(answers)).toEqual([204, 404, 404]);
    expect(await changesOf(`zone:${zone.id}`)).toHaveLength(2);
  });

  it("in use is refused until its last account is gone", async () => {
    const root = await operator();
    const zone = await makeZone(root);
    const placed = [await makeAccount(root, { zone: zone.slug }), await makeAccount(root, { zone: zone.id })];
    for (const account of placed) {
      const inUse = { status: 409, body: { detail: "Accounts are placed in this zone" } };
      expect(answered(await root.delete(oneZone(zone)))).toEqual(inUse);
      expect(await shown(root, oneZone(zone))).toEqual(zone);
      expect((await root.delete(`/api/v1/account/${account.id}`)).status).toBe(204);
    }
    expect((await root.delete(oneZone(zone))).status).toBe(204);
  });
});

describe("a zone", () => {
  it("is found by its id in any spelling", async () => {
    const root = await operator();
    const zone = await makeZone(root);
    for (const id of [zone.id.toUpperCase(), zone.id.replaceAll("-", ""), `urn:uuid:${zone.id}`])
      expect(await shown(root, oneZone({ id }))).toEqual(zone);
  });

  it("that is not there is 404, and an id that is none 422", async () => {
    const root = await operator();
    const path = oneZone({ id: crypto.randomUUID() });
    expect(answered(await root.get(path))).toEqual(noZone);
    expect(answered(await root.patch(path, { title: "No" }))).toEqual(noZone);
    expect(answered(await root.delete(path))).toEqual(noZone);
    const error = "invalid length: expected length 32 for simple format, found 4";
    const msg = `Input should be a valid UUID, ${error}`;
    const malformed = { type: "uuid_parsing", loc: ["path", "id"], msg, input: "abcd", ctx: { error } };
    const refused = { status: 422, body: { detail: [malformed] } };
    const nowhere = oneZone({ id: "abcd" });
    expect(answered(await root.get(nowhere))).toEqual(refused);
    expect(answered(await root.delete(nowhere))).toEqual(refused);
    const slug = { ...noMatch("^[.a-z0-9_-]+$"), loc: ["body", "slug"], input: "A" };
    expect(answered(await root.patch(nowhere, { slug: "A" }))).toEqual({
      ...refused,
      body: { detail: [malformed, slug] },
    });
  });
});
