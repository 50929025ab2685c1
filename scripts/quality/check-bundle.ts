import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { run } from "../exec.ts";
import { CliError, main } from "../cli.ts";

/** Limits that make growth a decision. The platform accepts 3 MB gzipped; 10 KB cost about 1 ms at start-up. */
const MAX_BYTES = 600 * 1024;
const MAX_GZIPPED = 180 * 1024;

/** Modules that must not be in the Worker: zod's messages in languages other than English, and unenv's polyfills of Node. */
const UNWANTED = /\/zod\/.*\/locales\/(?!en\.|index\.)|unenv/;

await main(async () => {
  const folder = await mkdtemp(join(tmpdir(), "bundle-"));
  try {
    const args = ["deploy", "--dry-run", "--outdir", folder, "--metafile", "--env", ""];
    const { code, output } = await run("wrangler", args);
    if (code !== 0) {
      throw new CliError(`The Worker cannot be built.\n${output}`);
    }
    assertSmall(await workerIn(folder));
    assertClean(await modulesIn(folder));
  } finally {
    await rm(folder, { recursive: true });
  }
});

function assertSmall(worker: Buffer): void {
  const gzipped = gzipSync(worker, { level: 9 }).length;
  console.log(`worker: ${worker.length} of ${MAX_BYTES} bytes, gzipped ${gzipped} of ${MAX_GZIPPED}`);
  if (worker.length === 0) {
    throw new CliError("The build contains no Worker.");
  }
  if (worker.length > MAX_BYTES || gzipped > MAX_GZIPPED) {
    throw new CliError(
      "The Worker is too large. Make it smaller or raise the limit in scripts/quality/check-bundle.ts.",
    );
  }
}

function assertClean(modules: readonly string[]): void {
  const unwanted = modules.filter((path) => UNWANTED.test(path));
  if (unwanted.length > 0) {
    throw new CliError(`The Worker contains ${unwanted.length} unwanted modules, such as ${unwanted[0]}.`);
  }
}

/** Returns the concatenated code of a build. */
async function workerIn(folder: string): Promise<Buffer> {
  const names = (await readdir(folder)).filter((name) => /\.(?:js|mjs|wasm)$/.test(name)).toSorted();
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name)))));
}

/** Returns the paths of the modules that the build contains. */
async function modulesIn(folder: string): Promise<string[]> {
  const meta: Metafile = JSON.parse(await readFile(join(folder, "bundle-meta.json"), "utf8"));
  const inputs = Object.values(meta.outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
}

/** The part of esbuild's metafile that is read. */
interface Metafile {
  readonly outputs: Record<string, { readonly inputs: Record<string, { readonly bytesInOutput: number }> }>;
}
