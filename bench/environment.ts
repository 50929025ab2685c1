import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { convertV4MiniflareOptions, Miniflare } from "miniflare";

import type { CallerName } from "./data/fixtures.ts";
import { createState } from "./data/state.ts";
import { findRuntime } from "./process-stats.ts";
import { createSigner, issuersVariable, signTokens } from "./tokens.ts";
import { buildWorker, workerNames, workerOptions, type WorkerName } from "./workers.ts";

/** The built service and a bare Worker over one database. */
export interface Environment {
  readonly accounts: number;
  readonly address: Readonly<Record<WorkerName, URL>>;
  /** Process id of the runtime of all Workers. Undefined where the system has no `/proc`. */
  readonly runtime: number | undefined;
  readonly tokens: Readonly<Record<CallerName, string>>;
  readonly dispose: () => Promise<void>;
}

/** Builds the Workers and starts them in Miniflare. Their state is in memory if `/dev/shm` exists. */
export async function startEnvironment(accounts: number): Promise<Environment> {
  const folder = await mkdtemp(join((await hasSharedMemory()) ? "/dev/shm" : tmpdir(), "bench-"));
  const state = join(folder, "state");
  const remove = () => rm(folder, { recursive: true });
  try {
    await createState(state, accounts);
    const builds = {
      service: await buildWorker(join(folder, "service")),
      verification: await buildWorker(join(folder, "verification"), "bench/verification.toml"),
      ownCode: await buildWorker(join(folder, "own-code"), "bench/own-code.toml"),
    };
    const signer = await createSigner("ES256");
    const options = await workerOptions(builds, state, issuersVariable(signer));
    const miniflare = new Miniflare(convertV4MiniflareOptions(options));
    const addresses = workerNames.map(
      async (name) => [name, await miniflare.unsafeGetDirectURL(name)] as const,
    );
    return {
      accounts,
      address: Object.fromEntries(await Promise.all(addresses)) as Record<WorkerName, URL>,
      runtime: await findRuntime(),
      tokens: await signTokens(signer),
      dispose: async () => {
        await miniflare.dispose();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function hasSharedMemory(): Promise<boolean> {
  return readdir("/dev/shm").then(
    () => true,
    () => false,
  );
}
