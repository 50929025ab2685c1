/** Random scenarios with several tenants: each user may do and see exactly what a model of the rules allows. */
import * as fc from "fast-check";
import { expect, inject, it } from "vitest";

import { runScenario, type StatusesByCommand } from "./run.ts";
import { type CommandName, commandNames, scenarios } from "./scenario.ts";

it("in random scenarios each user may do and see exactly what the model allows [R4]", async () => {
  const { runs: numRuns, seed, path } = inject("model");
  const statuses: StatusesByCommand = new Map();
  await fc.assert(
    fc.asyncProperty(scenarios, (scenario) => runScenario(scenario, statuses)),
    { numRuns, seed, path, endOnFailure: true },
  );
  if (numRuns < 5 || path !== "") return;
  // Every command must have succeeded and failed at least once, or the scenarios show nothing.
  const never = (some: (status: number) => boolean): CommandName[] =>
    commandNames.filter((name) => ![...(statuses.get(name) ?? [])].some(some));
  expect(never((status) => status < 300)).toEqual(["resend"]);
  expect(never((status) => status >= 400)).toEqual([]);
}, 600_000);
