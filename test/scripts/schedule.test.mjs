import assert from "node:assert/strict";
import { test } from "node:test";
import { unstable_readConfig } from "wrangler";
import { CRON } from "../../scripts/dev/schedule.ts";

void test("npm start runs the scheduled work as often as the deployed service does", () => {
  for (const env of ["staging", "production"]) {
    const { triggers } = unstable_readConfig({ config: "wrangler.toml", env });
    assert.deepEqual(triggers.crons, [CRON], env);
  }
});
