import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatProbability,
  median,
  probabilitySlower,
} from "../../scripts/quality/timing-test/statistics.ts";

void test("the probability to be slower is 0.5 for equal samples and 1 if every time is longer", () => {
  assert.equal(probabilitySlower([1, 2, 3], [3, 1, 2]), 0.5);
  assert.equal(probabilitySlower([1, 1], [1, 1, 1]), 0.5);
  assert.equal(probabilitySlower([4, 5, 6], [1, 2, 3]), 1);
  assert.equal(probabilitySlower([1, 2, 3], [4, 5, 6]), 0);
  assert.equal(probabilitySlower([10, 1], [5]), 0.5);
  assert.equal(probabilitySlower([2], [1, 2, 3, 4]), 0.375);
});

void test("one slow response does not change the median", () => {
  assert.equal(median([3, 1, 900]), 3);
});

void test("a probability is shown with the noise of its sample size", () => {
  assert.equal(formatProbability(0.5121, 1000), "51.2 % (noise: 50 ± 2.5 %)");
});
