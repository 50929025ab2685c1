/** The operator creates zones with an Idempotency-Key. */
import { describe, expect, it } from "vitest";

import { createOperator, unique, statusAndBody } from "../../support/fixtures.ts";
import {
  countAuditRows,
  createZone,
  newZone,
  sortedStatuses,
  zonePath,
  zoneSlugTaken,
  zonesPath,
} from "../../support/operator.ts";

describe("an Idempotency-Key", () => {
  const keyed = (key: string) => ({ headers: { "Idempotency-Key": key } });

  it("a key creates one zone for the same request and rejects another request", async () => {
    const root = await createOperator();
    const [body, key] = [newZone(), keyed(unique("key"))];
    const first = await root.post(zonesPath, body, key);
    expect(first.status).toBe(201);
    const before = await countAuditRows();
    const reordered = Object.fromEntries(Object.entries(body).toReversed());
    for (const again of [body, reordered])
      expect(statusAndBody(await root.post(zonesPath, again, key))).toEqual(statusAndBody(first));
    await root.delete(zonePath(first.body));
    expect(statusAndBody(await root.post(zonesPath, body, key))).toEqual(statusAndBody(first));
    const reused = { detail: "This Idempotency-Key was used with a different request. Use a new key." };
    expect(statusAndBody(await root.post(zonesPath, { ...body, title: "Other" }, key))).toEqual({
      status: 422,
      body: reused,
    });
    expect(await countAuditRows()).toBe(before + 1);
  });

  it("twenty simultaneous requests with one key create one zone and get the same response", async () => {
    const root = await createOperator();
    const [body, key] = [newZone(), keyed(unique("key"))];
    const before = await countAuditRows();
    const answers = await Promise.all(Array.from({ length: 20 }, () => root.post(zonesPath, body, key)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await countAuditRows()).toBe(before + 1);
  });

  it("simultaneous different requests with one key create one zone, and the others are rejected", async () => {
    const root = await createOperator();
    const key = keyed(unique("key"));
    const before = await countAuditRows();
    const answers = await Promise.all(Array.from({ length: 5 }, () => root.post(zonesPath, newZone(), key)));
    expect(sortedStatuses(answers)).toEqual([201, 422, 422, 422, 422]);
    expect(await countAuditRows()).toBe(before + 1);
  });

  it("a key has 1 to 255 characters, and a failed request stores none", async () => {
    const root = await createOperator();
    const invalid = {
      status: 400,
      body: { detail: "Idempotency-Key must have 1 to 255 characters and be valid UTF-8." },
    };
    expect(statusAndBody(await root.post(zonesPath, newZone(), keyed("k".repeat(256))))).toEqual(invalid);
    expect((await root.post(zonesPath, newZone(), keyed(unique().padEnd(255, "k")))).status).toBe(201);
    const [{ id, slug }, key] = [await createZone(root), keyed(unique("key"))];
    const body = newZone({ slug });
    expect(statusAndBody(await root.post(zonesPath, body, key))).toEqual(zoneSlugTaken);
    await root.delete(zonePath({ id }));
    expect((await root.post(zonesPath, body, key)).status).toBe(201);
  });
});
