/** Milliseconds before the second and the third attempt; random jitter is added. */
const delays = [25, 100];

/**
 * Calls a function up to three times, while its error is transient. The function must be idempotent: a
 * failed call may still have had its effect.
 */
export async function retry<Result>(
  attempt: () => Promise<Result>,
  isTransient: (error: unknown) => boolean,
): Promise<Result> {
  for (const delay of delays) {
    try {
      return await attempt();
    } catch (error) {
      if (!isTransient(error)) throw error;
      await scheduler.wait(delay * (1 + Math.random()));
    }
  }
  return attempt();
}
