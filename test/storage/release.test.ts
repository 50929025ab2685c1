/** The statements of the last release on the newest schema: during a deployment, released code runs on it. */
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";

import manifest from "../../migrations/release.json";

const statements = manifest.statements.map(([sql, parameters]) => ({
  sql: String(sql),
  parameters: Number(parameters),
}));

/** Returns the errors of statements by their SQL. Explains them, without running them. */
async function errorsOf(checked: typeof statements): Promise<Record<string, string>> {
  const errors: Record<string, string> = {};
  await Promise.all(
    checked.map(async ({ sql, parameters }) => {
      const nulls = Array.from({ length: parameters }, () => null);
      const explain = env.DB.prepare(`EXPLAIN ${sql}`).bind(...nulls);
      await explain.run().catch((error: unknown) => (errors[sql] = String(error)));
    }),
  );
  return errors;
}

it("every statement of the last release is valid on the newest schema [R70]", async () => {
  expect(statements.length).toBeGreaterThan(150);
  expect(await errorsOf(statements)).toEqual({});
});

it("a statement that is no longer valid is detected", async () => {
  const sql = "update users set surname = ? where id = ?";
  const errors = await errorsOf([...statements, { sql, parameters: 2 }]);
  expect(Object.keys(errors)).toEqual([sql]);
  expect(errors[sql]).toContain("no such column: surname");
});
