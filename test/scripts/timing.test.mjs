import assert from "node:assert/strict";
import { test } from "node:test";
import { chanceSlower, median, told } from "../../scripts/timing/compare.ts";

void test("the chance to be slower is a half for the same, and whole for what always is", () => {
  assert.equal(chanceSlower([1, 2, 3], [3, 1, 2]), 0.5);
  assert.equal(chanceSlower([1, 1], [1, 1, 1]), 0.5);
  assert.equal(chanceSlower([4, 5, 6], [1, 2, 3]), 1);
  assert.equal(chanceSlower([1, 2, 3], [4, 5, 6]), 0);
  assert.equal(chanceSlower([10, 1], [5]), 0.5);
  assert.equal(chanceSlower([2], [1, 2, 3, 4]), 0.375);
});

void test("the median is not moved by one slow answer", () => {
  assert.equal(median([3, 1, 900]), 3);
});

void test("a chance is told with the noise of its samples", () => {
  assert.equal(told(0.5121, 1000), "51.2 % (noise: 50 ± 2.5 %)");
});
