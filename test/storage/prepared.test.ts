/** What is built once is bound anew for every request: no value of one is seen in the next. */
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

it("each run writes its own values, as their columns store them", async () => {
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

it("what it returns is read as its columns tell", async () => {
  const slug = crypto.randomUUID();
  await runBatch(db, [insertZone(db, { uuid: crypto.randomUUID(), slug, private: false })]);
  const [closed] = await runBatch(db, [closeZone(db, { slug, private: 1 })]);
  expect(closed).toEqual([{ slug, private: true }]);
  const [opened] = await runBatch(db, [closeZone(db, { slug, private: 0 })]);
  expect(opened).toEqual([{ slug, private: false }]);
});
