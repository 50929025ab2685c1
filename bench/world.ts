import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

import { run } from "../scripts/run.ts";
import { findRuntime } from "./processor.ts";

/** The service as deployed and a bare worker beside it, over one database, each at its own address. */
export interface World {
  readonly ours: URL;
  readonly bare: URL;
  /** Calls the usage objects of both. */
  readonly objects: URL;
  /** The process id of the runtime that all of them run in. */
  readonly runtime: number | undefined;
  readonly token: string;
  readonly dispose: () => Promise<void>;
}

const issuer = "https://bench.example";
const compatibilityDate = "2026-10-20";

/** Builds the worker as it is deployed and starts it in Miniflare, with its state in memory where the machine has such a place. */
export async function startWorld(): Promise<World> {
  const folder = await mkdtemp(join((await hasSharedMemory()) ? "/dev/shm" : tmpdir(), "bench-"));
  const { code, output } = await run("wrangler", [
    "deploy",
    "--dry-run",
    "--outdir",
    join(folder, "build"),
    "--env",
    "",
  ]);
  if (code !== 0) throw new Error(`The worker cannot be built:\n${output}`);
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const key = { ...(await exportJWK(publicKey)), kid: "bench", alg: "ES256" };
  const shared = {
    compatibilityDate,
    d1Databases: { DB: "bench" },
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  };
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      resourcePersistencePath: join(folder, "state"),
      workers: [
        {
          ...shared,
          name: "ours",
          modules: [{ type: "ESModule", path: join(folder, "build", "index.js") }],
          modulesRoot: join(folder, "build"),
          compatibilityFlags: ["nodejs_compat"],
          r2Buckets: { LOGOS: "logos" },
          durableObjects: { USAGE: { className: "UsageMeter", useSQLite: true } },
          queueProducers: { JOBS: "jobs" },
          bindings: {
            PUBLIC_URL: "https://bench.example",
            ISSUERS: JSON.stringify([
              { issuer, audience: "roster", jwks: { keys: [key] }, trust_email: true },
            ]),
            INVITE_SECRET: "a secret of the benchmark's own",
            RATE_LIMITS: "off",
            // A limit far beyond what is counted here; a trial's is not.
            DEFAULT_PLAN: "v3growth",
          },
        },
        {
          ...shared,
          name: "bare",
          modules: [{ type: "ESModule", path: join(import.meta.dirname, "bare-worker.js") }],
          modulesRoot: import.meta.dirname,
          durableObjects: { METER: { className: "BareMeter", useSQLite: true } },
        },
        {
          compatibilityDate,
          unsafeDirectSockets: shared.unsafeDirectSockets,
          name: "objects",
          modules: [{ type: "ESModule", path: join(import.meta.dirname, "objects-worker.js") }],
          modulesRoot: import.meta.dirname,
          durableObjects: {
            OURS: { className: "UsageMeter", scriptName: "ours", useSQLite: true },
            BARE: { className: "BareMeter", scriptName: "bare", useSQLite: true },
          },
        },
      ],
    }),
  );
  const database = await miniflare.getD1Database("DB", "ours");
  await applyMigrations(database);
  const token = await new SignJWT({ sub: "bench", email: "bench@example.com", email_verified: true })
    .setProtectedHeader({ alg: "ES256", kid: "bench", typ: "JWT" })
    .setIssuer(issuer)
    .setAudience("roster")
    .setIssuedAt()
    .setExpirationTime("2h")
    .sign(privateKey);
  return {
    ours: await miniflare.unsafeGetDirectURL("ours"),
    bare: await miniflare.unsafeGetDirectURL("bare"),
    objects: await miniflare.unsafeGetDirectURL("objects"),
    runtime: await findRuntime(),
    token,
    dispose: async () => {
      await miniflare.dispose();
      await rm(folder, { recursive: true });
    },
  };
}

interface Statements {
  prepare: (sql: string) => { run: () => Promise<unknown> };
}

async function applyMigrations(database: Statements): Promise<void> {
  const names = (await readdir("migrations")).filter((name) => name.endsWith(".sql")).toSorted();
  for (const name of names) {
    const text = await readFile(join("migrations", name), "utf8");
    for (const statement of text.split("--> statement-breakpoint")) await database.prepare(statement).run();
  }
}

async function hasSharedMemory(): Promise<boolean> {
  return readdir("/dev/shm").then(
    () => true,
    () => false,
  );
}
