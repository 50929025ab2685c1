import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

// Lines are broken anywhere, in names too, so white space is made one.
const page = readFileSync("docs/security.md", "utf8").replace(/\s+/g, " ");
const points = page.split(/ - \*\*(?=\d+\. )/).slice(1);

/** The files a text names, each with the quoted names behind it, up to the next file. */
const namedIn = (text) =>
  text
    .split(/(?=`(?:docs|migrations|pages|scripts|src|test)\/)/)
    .slice(1)
    .map((part) => ({
      file: /^`([^`]+)`/.exec(part)?.[1] ?? part,
      names: [...part.matchAll(/"([^"]+)"/g)].map(([, name]) => name),
    }));

const hasTitle = (source, name) =>
  ['"', "'", "`"].some(
    (quote) => source.includes(quote + name + quote) || source.includes(`${quote}${name} [R`),
  );

void test("the points of the page on security are 1 to 72, each with a test that proves it", () => {
  assert.deepEqual(
    points.map((point) => Number.parseInt(point, 10)),
    Array.from({ length: 72 }, (_, index) => index + 1),
  );
  const unproven = points.filter(
    (point) => !namedIn(point).some(({ file, names }) => file.startsWith("test/") && names.length > 0),
  );
  assert.deepEqual(unproven, []);
});

void test("the files and tests that the page on security names are there", () => {
  const named = namedIn(page);
  assert.deepEqual(
    named.filter(({ file }) => !existsSync(file)).map(({ file }) => file),
    [],
  );
  const gone = named.flatMap(({ file, names }) => {
    const source = readFileSync(file, "utf8");
    return names.filter((name) => !hasTitle(source, name)).map((name) => `${file}: ${name}`);
  });
  assert.deepEqual(gone, []);
});

void test("a name that is no test's is noticed", () => {
  const [first] = namedIn('Proven by `test/a.test.ts`: "is there", "is not"; `test/b.test.ts`: "is"');
  assert.deepEqual(first, { file: "test/a.test.ts", names: ["is there", "is not"] });
  assert.equal(hasTitle('it("is there", () => {});', "is there"), true);
  assert.equal(hasTitle('it("is there at last", () => {});', "is there"), false);
});
