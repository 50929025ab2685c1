/**
 * Measures the service as deployed against a bare worker that does only the storage work, in
 * alternating rounds of one run. `--json` prints one document, `--quick` takes shorter rounds.
 */
import autocannon from "autocannon";
import { readFile } from "node:fs/promises";
import { cpus } from "node:os";

import { startWorld, type World } from "./world.ts";

interface Operation {
  readonly name: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Makes a body none has sent before. */
  readonly body?: () => string;
}

interface Figures {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const ownAccounts = 200;
const connections = 16;
const quick = process.argv.includes("--quick");
const seconds = quick ? 2 : 5;
const rounds = quick ? 3 : 5;

const operations: Operation[] = [
  { name: "get account", method: "GET", path: "/api/v1/account/bench-7" },
  { name: "list organizations, first page", method: "GET", path: "/accounts/organizations/" },
  {
    name: "create account",
    method: "POST",
    path: "/api/v1/accounts",
    body: () => JSON.stringify({ slug: `made-${crypto.randomUUID().slice(0, 13)}` }),
  },
];

const world = await startWorld();
try {
  await seed(world);
  const results = [];
  for (const operation of operations) results.push(await compare(world, operation));
  const document = {
    measuredAt: new Date().toISOString(),
    machine: await machine(),
    connections,
    seconds,
    rounds,
    results,
  };
  if (process.argv.includes("--json")) console.log(JSON.stringify(document, null, 2));
  else
    console.table(
      results.map(({ name, ours, bare, ratio }) => ({
        name,
        ...ours,
        "bare/s": bare.requestsPerSecond,
        ratio,
      })),
    );
} finally {
  await world.dispose();
}

/** Rounds in turn, ours and bare, and the median of each; the ratio is the median of the rounds' own. */
async function compare({ ours, bare, token }: World, operation: Operation) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const pairs: { ours: Figures; bare: Figures }[] = [];
  await load(ours, operation, headers, 1);
  await load(bare, operation, headers, 1);
  for (let round = 0; round < rounds; round += 1) {
    pairs.push({
      ours: await load(ours, operation, headers, seconds),
      bare: await load(bare, operation, headers, seconds),
    });
  }
  return {
    name: operation.name,
    ours: middle(pairs.map((pair) => pair.ours)),
    bare: middle(pairs.map((pair) => pair.bare)),
    ratio: round2(median(pairs.map((pair) => pair.ours.requestsPerSecond / pair.bare.requestsPerSecond))),
  };
}

async function load(
  address: URL,
  operation: Operation,
  headers: Record<string, string>,
  duration: number,
): Promise<Figures> {
  const { method, path, body } = operation;
  const result = await autocannon({
    url: new URL(path, address).href,
    connections,
    duration,
    method,
    headers,
    requests: [{ ...(body && { setupRequest: (request) => ({ ...request, body: body() }) }) }],
  });
  const failed = result.non2xx + result.errors + result.timeouts;
  if (failed > 0) throw new Error(`${operation.name}: ${failed} requests failed at ${address.href}`);
  return {
    requestsPerSecond: Math.round(result.requests.average),
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  };
}

async function seed({ ours, token }: World): Promise<void> {
  for (let number = 0; number < ownAccounts; number += 1) {
    const answer = await fetch(new URL("/api/v1/accounts", ours), {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ slug: `bench-${number}`, zone: "europe-1" }),
    });
    if (answer.status !== 201) throw new Error(`No account: ${answer.status} ${await answer.text()}`);
  }
}

async function machine() {
  const { dependencies, devDependencies } = JSON.parse(await readFile("package.json", "utf8"));
  const processor = cpus()[0]?.model ?? "unknown";
  return {
    processor,
    cores: cpus().length,
    node: process.version,
    hono: dependencies.hono,
    wrangler: devDependencies.wrangler,
  };
}

function middle(figures: readonly Figures[]): Figures {
  return {
    requestsPerSecond: median(figures.map((figure) => figure.requestsPerSecond)),
    p50Ms: median(figures.map((figure) => figure.p50Ms)),
    p99Ms: median(figures.map((figure) => figure.p99Ms)),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
