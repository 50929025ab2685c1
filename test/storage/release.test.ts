/** The code of the release goes on while the next one rolls out: on the schema of today, all it asks is still asked rightly. */
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";

import release from "../../migrations/release.json";

const statements = release.statements.map(([sql, values]) => ({ sql: String(sql), values: Number(values) }));

/** What the database has against statements, by statement; it is told what they would do, and does nothing. */
async function objections(asked: typeof statements): Promise<Record<string, string>> {
  const told: Record<string, string> = {};
  await Promise.all(
    asked.map(async ({ sql, values }) => {
      const nulls = Array.from({ length: values }, () => null);
      const explained = env.DB.prepare(`EXPLAIN ${sql}`).bind(...nulls);
      await explained.run().catch((error: unknown) => (told[sql] = String(error)));
    }),
  );
  return told;
}

it("every statement of the release is one on the schema of today [R70]", async () => {
  expect(statements.length).toBeGreaterThan(150);
  expect(await objections(statements)).toEqual({});
});

it("a statement that is none any more would be seen", async () => {
  const sql = "update users set surname = ? where id = ?";
  const told = await objections([...statements, { sql, values: 2 }]);
  expect(Object.keys(told)).toEqual([sql]);
  expect(told[sql]).toContain("no such column: surname");
});
