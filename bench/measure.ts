import { costOf, dollarsOf } from "./cost.ts";
import { compareLogging, compareOperation } from "./load.ts";
import type { Operation } from "./operations/operation.ts";
import type { Pace } from "./rounds.ts";
import type { World } from "./world.ts";

/** Measures each operation of ours and of the bare worker, and what it asks of the platform. */
export async function measureOperations(world: World, operations: readonly Operation[], pace: Pace) {
  const results = [];
  for (const operation of operations) {
    const cost = await costOf(world, operation);
    const figures = await compareOperation(world, operation, pace);
    const { name } = operation;
    results.push({ name, ...figures, cost, dollarsPerMillion: dollarsOf(cost, figures.ours.cpuMicros) });
  }
  return results;
}

/** Measures what the line in the log adds to an operation. */
export async function measureLogging(world: World, operation: Operation, pace: Pace) {
  const { ours: withLine, bare: without, ratio, cpuRatio } = await compareLogging(world, operation, pace);
  return { name: operation.name, withLine, without, ratio, cpuRatio };
}
