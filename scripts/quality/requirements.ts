/**
 * Writes docs/requirements.md: each requirement with the tests whose titles carry its number, such as `[R17]`.
 *
 * With `--check`, fails if the page is out of date. Fails in any case if a requirement has no test.
 */
import { glob, readFile, writeFile } from "node:fs/promises";
import { AREAS } from "./requirement-list.ts";
import { requirementsPage, taggedTests, type TaggedTest } from "./requirement-tags.ts";

const PAGE = "docs/requirements.md";

const tests: TaggedTest[] = [];
for (const file of (await Array.fromAsync(glob("test/**/*.test.{ts,mjs}"))).toSorted()) {
  tests.push(...taggedTests(file, await readFile(file, "utf8")));
}
const page = requirementsPage(AREAS, tests);

if (!process.argv.includes("--check")) {
  await writeFile(PAGE, page);
} else if ((await readFile(PAGE, "utf8").catch(() => "")) !== page) {
  console.error(`${PAGE} is out of date. Run npm run docs:requirements.`);
  process.exitCode = 1;
}
