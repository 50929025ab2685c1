/** Whatever happens among whatever tenants: everyone may do and see what a model says, and nothing else. */
import * as fc from "fast-check";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";

import { play, type Tally } from "./isolation/play.ts";
import { moveNames, stories, type MoveName } from "./isolation/story.ts";

it("everyone may do and see exactly what is theirs, whatever has happened [R4]", async () => {
  const { runs: numRuns, seed, path } = env.ISOLATION;
  const tally: Tally = new Map();
  await fc.assert(
    fc.asyncProperty(stories, (told) => play(told, tally)),
    { numRuns, seed, path, endOnFailure: true },
  );
  if (numRuns < 10 || path !== "") return;
  // Stories in which nothing is done, or nothing refused, would show nothing.
  const never = (some: (status: number) => boolean): MoveName[] =>
    moveNames.filter((name) => ![...(tally.get(name) ?? [])].some(some));
  expect(never((status) => status < 300)).toEqual(["resend"]);
  expect(never((status) => status >= 400)).toEqual([]);
}, 600_000);
