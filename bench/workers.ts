import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { convertV4MiniflareOptions } from "miniflare";

import { run } from "../scripts/exec.ts";
import { compatibilityDate, databaseId } from "./data/state.ts";

type Options = Parameters<typeof convertV4MiniflareOptions>[0];

/** The measured Workers, and those that set up and instrument the measurements. */
export const workerNames = [
  "ours",
  "logging",
  "instrumented",
  "bare",
  "objects",
  "verification",
  "own-code",
] as const;
export type WorkerName = (typeof workerNames)[number];

/** Builds a Worker as for a deployment, bundled and minified. Returns its folder. */
export async function buildWorker(folder: string, config = "wrangler.toml"): Promise<string> {
  const args = ["deploy", "--config", config, "--dry-run", "--outdir", folder, "--env", ""];
  const { code, output } = await run("wrangler", args);
  if (code !== 0) throw new Error(`The Worker of ${config} could not be built:\n${output}`);
  return folder;
}

/**
 * Returns the options of all Workers. They run in one runtime over one database, each with its own address: the built
 * service; the service with a log line per request; the service with `Server-Timing`; the bare Worker; one that calls
 * the objects of both; one that verifies tokens; one that runs only the service's own code.
 */
export async function workerOptions(builds: Builds, state: string, issuers: string): Promise<Options> {
  const shared = {
    compatibilityDate,
    compatibilityFlags: ["nodejs_compat"],
    d1Databases: { DB: databaseId },
    r2Buckets: { LOGOS: "logos" },
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  };
  const service = (name: WorkerName, variables: Readonly<Record<string, string>>) => ({
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
      INVITE_SECRET: "a secret that only the benchmark knows, long enough",
      RATE_LIMITS: "off",
      REQUEST_LOG: "off",
      // The usage limit of a trial would be reached.
      DEFAULT_PLAN: "v3growth",
      ...variables,
    },
  });
  return {
    resourcePersistencePath: state,
    // Log lines are written but not read.
    handleStructuredLogs: () => {},
    workers: [
      service("ours", {}),
      service("logging", { REQUEST_LOG: "on" }),
      // Accepts events of ten years, so that old usage can be created and queried.
      service("instrumented", { SERVER_TIMING: "on", EVENT_WINDOW_DAYS: "3700" }),
      service("own-code", {}),
      {
        ...shared,
        ...modulesIn(join(import.meta.dirname, "bare"), ...bareModules),
        name: "bare",
        durableObjects: { METER: { className: "BareMeter", useSQLite: true } },
        bindings: { DOCUMENT: await openApiDocument() },
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

/** Returns the OpenAPI document as the service sends it, without white space. */
async function openApiDocument(): Promise<string> {
  return JSON.stringify(JSON.parse(await readFile("docs/openapi.json", "utf8")));
}

/** The folders of the built Workers. */
export interface Builds {
  readonly service: string;
  readonly verification: string;
  readonly ownCode: string;
}

const bareModules = ["worker.js", "reads.js", "writes.js", "usage.js", "meter.js"];

/** Returns the modules of a Worker: its entry point first, then what it imports. */
function modulesIn(folder: string, ...names: readonly string[]) {
  const modules = names.map((name) => ({ type: "ESModule" as const, path: join(folder, name) }));
  return { modules, modulesRoot: folder };
}
