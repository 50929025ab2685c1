/** What the environment variables set for the tests: SLOW, MODEL_RUNS, MODEL_SEED and MODEL_PATH. */
export interface TestEffort {
  /** Whether to test all combinations, repetitions and runs. */
  readonly slow: boolean;
  /** The number of scenarios of the model-based test. `seed` and `path` repeat a failure as fast-check prints it. */
  readonly model: { readonly runs: number; readonly seed: number; readonly path: string };
}

declare module "vitest" {
  interface ProvidedContext extends TestEffort {}
}
