import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { convertV4MiniflareOptions, Miniflare } from "miniflare";

import type { CallerName } from "./data/shapes.ts";
import { prepareState } from "./data/state.ts";
import { findRuntime } from "./processor.ts";
import { issuersOf, makeSigner, signTokens } from "./tokens.ts";
import { buildWorker, describeWorkers, workerNames, type WorkerName } from "./workers.ts";

/** The service as deployed and a bare worker beside it, over one database of so many accounts. */
export interface World {
  readonly accounts: number;
  readonly address: Readonly<Record<WorkerName, URL>>;
  /** The process id of the runtime that all of them run in. */
  readonly runtime: number | undefined;
  readonly tokens: Readonly<Record<CallerName, string>>;
  readonly dispose: () => Promise<void>;
}

/** Builds the workers and starts them in Miniflare, with their state in memory where the machine has such a place. */
export async function startWorld(accounts: number): Promise<World> {
  const folder = await mkdtemp(join((await hasSharedMemory()) ? "/dev/shm" : tmpdir(), "bench-"));
  const state = join(folder, "state");
  const remove = () => rm(folder, { recursive: true });
  try {
    await prepareState(state, accounts);
    const builds = {
      service: await buildWorker(join(folder, "service")),
      verification: await buildWorker(join(folder, "verification"), "bench/verification.toml"),
      ownCode: await buildWorker(join(folder, "own-code"), "bench/own-code.toml"),
    };
    const signer = await makeSigner("ES256");
    const options = await describeWorkers(builds, state, issuersOf(signer));
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
