import { glob, readFile } from "node:fs/promises";
import { AREAS } from "./requirement-list.ts";
import { requirementsPage, taggedTests, type TaggedTest } from "./requirement-tags.ts";

/**
 * Returns docs/requirements.md: each requirement with the tests whose titles carry its number, such as `[R17]`.
 *
 * Throws if a requirement has no test.
 */
export async function requirementsDocument(): Promise<string> {
  const tests: TaggedTest[] = [];
  for (const file of (await Array.fromAsync(glob("test/**/*.test.{ts,mjs}"))).toSorted()) {
    tests.push(...taggedTests(file, await readFile(file, "utf8")));
  }
  return requirementsPage(AREAS, tests);
}
