import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { convertV4MiniflareOptions } from "miniflare";

import { run } from "../scripts/exec.ts";
import { compatibilityDate, databaseId } from "./data/state.ts";

type Options = Parameters<typeof convertV4MiniflareOptions>[0];

/** Those that are measured, and those that tell of them. */
export const workerNames = [
  "ours",
  "logging",
  "telling",
  "bare",
  "objects",
  "verification",
  "own-code",
] as const;
export type WorkerName = (typeof workerNames)[number];

/** Builds a worker as it is deployed: bundled and minified. Returns the folder it lies in. */
export async function buildWorker(folder: string, config = "wrangler.toml"): Promise<string> {
  const args = ["deploy", "--config", config, "--dry-run", "--outdir", folder, "--env", ""];
  const { code, output } = await run("wrangler", args);
  if (code !== 0) throw new Error(`The worker of ${config} cannot be built:\n${output}`);
  return folder;
}

/**
 * All in one runtime over one database, each at an address of its own: the service as deployed; the same
 * with a line for each request, and with `Server-Timing`; the bare worker; one that calls the
 * objects of both; one that verifies tokens; one that runs the service's own code alone.
 */
export async function describeWorkers(builds: Builds, state: string, issuers: string): Promise<Options> {
  const shared = {
    compatibilityDate,
    compatibilityFlags: ["nodejs_compat"],
    d1Databases: { DB: databaseId },
    r2Buckets: { LOGOS: "logos" },
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  };
  const service = (name: WorkerName, differing: Readonly<Record<string, string>>) => ({
    ...shared,
    ...(name === "own-code"
      ? modulesIn(builds.ownCode, "own-code-worker.js")
      : modulesIn(builds.service, "index.js")),
    name,
    durableObjects: {
      USAGE: {
        className: "UsageMeter",
        useSQLite: true,
        ...(name !== "ours" && { scriptName: "ours" }),
      },
    },
    queueProducers: { JOBS: "jobs" },
    bindings: {
      PUBLIC_URL: "https://bench.example",
      ISSUERS: issuers,
      INVITE_SECRET: "a secret of the benchmark's own",
      RATE_LIMITS: "off",
      REQUEST_LOG: "off",
      // A limit far beyond what is counted here; a trial's is not.
      DEFAULT_PLAN: "v3growth",
      ...differing,
    },
  });
  return {
    resourcePersistencePath: state,
    // The lines are written; nobody reads them.
    handleStructuredLogs: () => {},
    workers: [
      service("ours", {}),
      service("logging", { REQUEST_LOG: "on" }),
      // Takes events of ten years, so that there is a past to ask for.
      service("telling", { SERVER_TIMING: "on", EVENT_WINDOW_DAYS: "3700" }),
      service("own-code", {}),
      {
        ...shared,
        ...modulesIn(join(import.meta.dirname, "bare"), ...bareModules),
        name: "bare",
        durableObjects: { METER: { className: "BareMeter", useSQLite: true } },
        bindings: { DOCUMENT: await servedDocument() },
      },
      {
        ...shared,
        ...modulesIn(import.meta.dirname, "objects-worker.js"),
        name: "objects",
        durableObjects: {
          OURS: { className: "UsageMeter", scriptName: "ours", useSQLite: true },
          BARE: { className: "BareMeter", scriptName: "bare", useSQLite: true },
        },
      },
      { ...shared, ...modulesIn(builds.verification, "verification-worker.js"), name: "verification" },
    ],
  };
}

/** Without the white space it is kept with. */
async function servedDocument(): Promise<string> {
  return JSON.stringify(JSON.parse(await readFile("docs/openapi.json", "utf8")));
}

/** Where the two that have to be built lie. */
export interface Builds {
  readonly service: string;
  readonly verification: string;
  readonly ownCode: string;
}

const bareModules = ["worker.js", "reads.js", "writes.js", "usage.js", "meter.js"];

/** The first is the worker, the others what it imports. */
function modulesIn(folder: string, ...names: readonly string[]) {
  const modules = names.map((name) => ({ type: "ESModule" as const, path: join(folder, name) }));
  return { modules, modulesRoot: folder };
}
