/** Whatever happens among whatever tenants: everyone may do and see what a model says, and nothing else. */
import * as fc from "fast-check";
import { expect, inject, it } from "vitest";

import { runScenario, type StatusesByCommand } from "./run.ts";
import { type CommandName, commandNames, scenarios } from "./scenario.ts";

it("everyone may do and see exactly what is theirs, whatever has happened [R4]", async () => {
  const { runs: numRuns, seed, path } = inject("model");
  const statuses: StatusesByCommand = new Map();
  await fc.assert(
    fc.asyncProperty(scenarios, (told) => runScenario(told, statuses)),
    { numRuns, seed, path, endOnFailure: true },
  );
  if (numRuns < 10 || path !== "") return;
  // Stories in which nothing is done, or nothing refused, would show nothing.
  const never = (some: (status: number) => boolean): CommandName[] =>
    commandNames.filter((name) => ![...(statuses.get(name) ?? [])].some(some));
  expect(never((status) => status < 300)).toEqual(["resend"]);
  expect(never((status) => status >= 400)).toEqual([]);
}, 600_000);
