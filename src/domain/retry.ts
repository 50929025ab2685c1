/** Milliseconds before the second and the third attempt; each is stretched by chance, so that not all come at once. */
const waits = [25, 100];

/**
 * Does something that may be done twice, up to three times, while its failure is one that passes.
 * Never for what must not be done twice: whether a call that failed has been done is not known.
 */
export async function retry<Result>(
  attempt: () => Promise<Result>,
  passes: (error: unknown) => boolean,
): Promise<Result> {
  for (const wait of waits) {
    try {
      return await attempt();
    } catch (error) {
      if (!passes(error)) throw error;
      await scheduler.wait(wait * (1 + Math.random()));
    }
  }
  return attempt();
}
