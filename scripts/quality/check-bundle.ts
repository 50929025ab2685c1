import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { run } from "../exec.ts";
import { CliError, main } from "../cli.ts";

/** Bounds that make growth a decision; the platform takes 3 MB gzipped, start-up takes 1 ms for each 10 KB or so. */
const MOST_BYTES = 600 * 1024;
const MOST_GZIPPED = 180 * 1024;

/** Modules that have no place in the worker: zod's messages in any language but English, and unenv's stand-ins for Node. */
const UNWANTED = /\/zod\/.*\/locales\/(?!en\.|index\.)|unenv/;

await main(async () => {
  const folder = await mkdtemp(join(tmpdir(), "bundle-"));
  try {
    const args = ["deploy", "--dry-run", "--outdir", folder, "--metafile", "--env", ""];
    const { code, output } = await run("wrangler", args);
    if (code !== 0) {
      throw new CliError(`the worker cannot be built\n${output}`);
    }
    requireSmall(await workerIn(folder));
    requireClean(await modulesIn(folder));
  } finally {
    await rm(folder, { recursive: true });
  }
});

function requireSmall(worker: Buffer): void {
  const gzipped = gzipSync(worker, { level: 9 }).length;
  console.log(`worker: ${worker.length} of ${MOST_BYTES} bytes, gzipped ${gzipped} of ${MOST_GZIPPED}`);
  if (worker.length === 0) {
    throw new CliError("the build holds no worker");
  }
  if (worker.length > MOST_BYTES || gzipped > MOST_GZIPPED) {
    throw new CliError("the worker is too large");
  }
}

function requireClean(modules: readonly string[]): void {
  const unwanted = modules.filter((path) => UNWANTED.test(path));
  if (unwanted.length > 0) {
    throw new CliError(`the worker holds ${unwanted.length} unwanted modules, first ${unwanted[0]}`);
  }
}

/** Returns all code of a build, one file after the other. */
async function workerIn(folder: string): Promise<Buffer> {
  const names = (await readdir(folder)).filter((name) => /\.(?:js|mjs|wasm)$/.test(name)).toSorted();
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name)))));
}

/** Returns the paths of the modules of which something is left in the build. */
async function modulesIn(folder: string): Promise<string[]> {
  const meta: Metafile = JSON.parse(await readFile(join(folder, "bundle-meta.json"), "utf8"));
  const inputs = Object.values(meta.outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
}

/** What is read of esbuild's account of a build. */
interface Metafile {
  readonly outputs: Record<string, { readonly inputs: Record<string, { readonly bytesInOutput: number }> }>;
}
