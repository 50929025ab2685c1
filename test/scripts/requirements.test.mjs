import assert from "node:assert/strict";
import { test } from "node:test";
import { AREAS } from "../../scripts/quality/requirement-list.ts";
import { requirementsPage, taggedTests } from "../../scripts/quality/requirement-tags.ts";

/** Returns a tag. Spelled out here, it would count as one of this file's. */
const tag = (...numbers) => `[${numbers.map((number) => `R${number}`).join(", ")}]`;

const area = {
  title: "Roles",
  requirements: [{ number: 1, text: "An owner remains.", also: "So does the log." }],
};

void test("the requirements are numbered 1 to 72 in order", () => {
  assert.deepEqual(
    AREAS.flatMap(({ requirements }) => requirements.map(({ number }) => number)),
    Array.from({ length: 72 }, (_, index) => index + 1),
  );
});

void test("tagged titles are found in every kind of quotes, and untagged ones are ignored", () => {
  const source = [
    `it("an owner remains ${tag(1)}", () => {});`,
    `it.each(["a", "b"])('%s isn\\'t an owner ${tag(2, 13)}', () => {});`,
    `it(\`the last owner's \${change} fails ${tag(1)}\`, () => {});`,
    `it("a member leaves", () => {});`,
  ].join("\n");
  assert.deepEqual(taggedTests("a.test.ts", source), [
    { file: "a.test.ts", title: "an owner remains", numbers: [1] },
    { file: "a.test.ts", title: "%s isn't an owner", numbers: [2, 13] },
    { file: "a.test.ts", title: "the last owner's ${change} fails", numbers: [1] },
  ]);
});

void test("a tag inside a title is rejected with the name of the file", () => {
  assert.throws(
    () => taggedTests("a.test.ts", `it("an owner ${tag(1)} remains")`),
    /^Error: a\.test\.ts has/,
  );
});

void test("the page lists each requirement with its tests", () => {
  const page = requirementsPage([area], [{ file: "a.test.ts", title: "an owner remains", numbers: [1] }]);
  assert.ok(
    page.endsWith(`## Roles

**R1.** An owner remains.

- \`a.test.ts\`: \`an owner remains\`
- So does the log.
`),
    page,
  );
});

void test("a requirement without a test is an error", () => {
  assert.throws(() => requirementsPage([area], []), /without a test: 1\./);
});

void test("a tag that no requirement has is an error", () => {
  const tests = [{ file: "a.test.ts", title: "an owner remains", numbers: [1, 73] }];
  assert.throws(() => requirementsPage([area], tests), /no requirement: 73\./);
});
