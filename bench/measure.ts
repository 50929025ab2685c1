import type { Environment } from "./environment.ts";
import { compareLogging, compareOperation } from "./load.ts";
import type { Operation } from "./operations/operation.ts";
import { costOf, dollarsOf } from "./request-cost.ts";
import type { Pace } from "./rounds.ts";

/** Measures each operation of the service and of the bare Worker, and its cost. */
export async function measureOperations(
  environment: Environment,
  operations: readonly Operation[],
  pace: Pace,
) {
  const results = [];
  for (const operation of operations) {
    const cost = await costOf(environment, operation);
    const figures = await compareOperation(environment, operation, pace);
    const { name } = operation;
    results.push({ name, ...figures, cost, dollarsPerMillion: dollarsOf(cost, figures.ours.cpuMicros) });
  }
  return results;
}

/** Measures an operation with and without its log line. */
export async function measureLogging(environment: Environment, operation: Operation, pace: Pace) {
  const {
    ours: withLine,
    bare: without,
    ratio,
    cpuRatio,
  } = await compareLogging(environment, operation, pace);
  return { name: operation.name, withLine, without, ratio, cpuRatio };
}
