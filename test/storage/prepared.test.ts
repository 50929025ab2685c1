/** Prepared statements are built once and bound for every request, so that no value leaks into the next request. */
import { env } from "cloudflare:workers";
import { eq, sql } from "drizzle-orm";
import { expect, it } from "vitest";

import { openDatabase, runBatch } from "../../src/storage/database.ts";
import { prepareStatement } from "../../src/storage/prepared.ts";
import { zones } from "../../src/storage/schema.ts";

const db = openDatabase(env.DB);
const names = ["uuid", "slug", "private"] as const;
const row = { title: "Kept", cloudProvider: "AWS" } as const;

const insertZone = prepareStatement(names, (built, slots) =>
  built.insert(zones).values({ ...row, ...slots }),
);

const closeZone = prepareStatement(["slug", "private"], (built, slots) =>
  built
    .update(zones)
    .set({ private: sql`${slots.private}` })
    .where(eq(zones.slug, slots.slug))
    .returning({ slug: zones.slug, private: zones.private }),
);

it("a prepared statement writes each run's own values in the format of their columns", async () => {
  const [one, other] = [crypto.randomUUID(), crypto.randomUUID()];
  await runBatch(db, [
    insertZone(db, { uuid: one, slug: one, private: true }),
    insertZone(db, { uuid: other, slug: other, private: false }),
  ]);
  const stored = await env.DB.prepare("SELECT uuid, slug, private FROM zones WHERE uuid IN (?, ?)")
    .bind(one, other)
    .all();
  expect(new Set(stored.results)).toEqual(
    new Set([
      { uuid: one, slug: one, private: 1 },
      { uuid: other, slug: other, private: 0 },
    ]),
  );
});

it("a prepared statement returns values parsed by their columns", async () => {
  const slug = crypto.randomUUID();
  await runBatch(db, [insertZone(db, { uuid: crypto.randomUUID(), slug, private: false })]);
  const [closed] = await runBatch(db, [closeZone(db, { slug, private: 1 })]);
  expect(closed).toEqual([{ slug, private: true }]);
  const [opened] = await runBatch(db, [closeZone(db, { slug, private: 0 })]);
  expect(opened).toEqual([{ slug, private: false }]);
});
