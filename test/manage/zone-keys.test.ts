/** Making a zone with an Idempotency-Key. */
import { describe, expect, it } from "vitest";

import { operator, unique } from "../world.ts";
import { answered, changeCount, makeZone, newZone, oneZone, statuses, zones, zoneSlugTaken } from "./face.ts";

describe("an Idempotency-Key", () => {
  const keyed = (key: string) => ({ headers: { "Idempotency-Key": key } });

  it("makes one zone of the same request, and refuses another", async () => {
    const root = await operator();
    const [body, key] = [newZone(), keyed(unique("key"))];
    const first = await root.post(zones, body, key);
    expect(first.status).toBe(201);
    const before = await changeCount();
    const reordered = Object.fromEntries(Object.entries(body).toReversed());
    for (const again of [body, reordered])
      expect(answered(await root.post(zones, again, key))).toEqual(answered(first));
    await root.delete(oneZone(first.body));
    expect(answered(await root.post(zones, body, key))).toEqual(answered(first));
    const reused = { detail: "This Idempotency-Key was used with another request" };
    expect(answered(await root.post(zones, { ...body, title: "Other" }, key))).toEqual({
      status: 422,
      body: reused,
    });
    expect(await changeCount()).toBe(before + 1);
  });

  it("makes one zone of the same request twenty times at once, and answers all alike", async () => {
    const root = await operator();
    const [body, key] = [newZone(), keyed(unique("key"))];
    const before = await changeCount();
    const answers = await Promise.all(Array.from({ length: 20 }, () => root.post(zones, body, key)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await changeCount()).toBe(before + 1);
  });

  it("makes one zone of different requests at once, and refuses the others", async () => {
    const root = await operator();
    const key = keyed(unique("key"));
    const before = await changeCount();
    const answers = await Promise.all(Array.from({ length: 5 }, () => root.post(zones, newZone(), key)));
    expect(statuses(answers)).toEqual([201, 422, 422, 422, 422]);
    expect(await changeCount()).toBe(before + 1);
  });

  it("has 1 to 255 characters, and keeps nothing that failed", async () => {
    const root = await operator();
    const invalid = {
      status: 400,
      body: { detail: "Idempotency-Key must have 1 to 255 characters, in UTF-8" },
    };
    expect(answered(await root.post(zones, newZone(), keyed("k".repeat(256))))).toEqual(invalid);
    expect((await root.post(zones, newZone(), keyed(unique().padEnd(255, "k")))).status).toBe(201);
    const [{ id, slug }, key] = [await makeZone(root), keyed(unique("key"))];
    const body = newZone({ slug });
    expect(answered(await root.post(zones, body, key))).toEqual(zoneSlugTaken);
    await root.delete(oneZone({ id }));
    expect((await root.post(zones, body, key)).status).toBe(201);
  });
});
