import assert from "node:assert/strict";
import { test } from "node:test";
import { unstable_readConfig } from "wrangler";

void test("no deployment lets the platform log the URLs of requests [R59]", () => {
  for (const env of ["staging", "production"]) {
    const { observability } = unstable_readConfig({ config: "wrangler.toml", env });
    assert.equal(observability.enabled, true, env);
    assert.equal(observability.redact_query_string, true, env);
    assert.equal(observability.logs.invocation_logs, false, env);
  }
});
