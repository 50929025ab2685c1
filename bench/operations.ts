import autocannon from "autocannon";

import { cpuMicrosOf, inTurn, type Figures } from "./rounds.ts";
import type { World } from "./world.ts";

/** One request to the service, and to the bare worker alike. */
export interface Operation {
  readonly name: string;
  readonly method: "GET" | "POST";
  readonly path: string | (() => string);
  /** Makes the body of one request. */
  readonly body?: () => string;
}

export interface Pace {
  readonly connections: number;
  readonly seconds: number;
  readonly rounds: number;
}

const ownAccounts = 200;
const countedAccounts = 64;

/** Makes the accounts that the operations ask for; returns the operations. */
export async function prepareOperations(world: World): Promise<Operation[]> {
  const uuids = await createAccounts(world);
  let turn = 0;
  const incrementOf = (uuid: string | undefined) => `/accounts/organizations/${uuid}/increment/`;
  const one = { method: "POST", body: () => `{"usage": 1}` } as const;
  return [
    { name: "get account", method: "GET", path: "/api/v1/account/bench-7" },
    { name: "list organizations, first page", method: "GET", path: "/accounts/organizations/" },
    {
      name: "create account",
      method: "POST",
      path: "/api/v1/accounts",
      body: () => JSON.stringify({ slug: `made-${crypto.randomUUID().slice(0, 13)}` }),
    },
    { ...one, name: "increment, one account", path: incrementOf(uuids[0]) },
    {
      ...one,
      name: `increment, ${countedAccounts} accounts`,
      path: () => incrementOf(uuids[(turn += 1) % countedAccounts]),
    },
  ];
}

/** Measures one operation of both. */
export async function compareOperation(world: World, operation: Operation, pace: Pace) {
  const round = (address: URL, seconds: number) => load(world, address, operation, { ...pace, seconds });
  await round(world.ours, 1);
  await round(world.bare, 1);
  const figures = await inTurn(
    pace.rounds,
    () => round(world.ours, pace.seconds),
    () => round(world.bare, pace.seconds),
  );
  return { name: operation.name, ...figures };
}

async function load(world: World, address: URL, operation: Operation, pace: Pace): Promise<Figures> {
  const { method, path, body } = operation;
  const { result, cpuMicros } = await cpuMicrosOf(world, async () => {
    const run = await autocannon({
      url: new URL(typeof path === "string" ? path : path(), address).href,
      connections: pace.connections,
      duration: pace.seconds,
      method,
      headers: headersOf(world),
      requests: [
        {
          setupRequest: (request) => ({
            ...request,
            ...(typeof path === "function" && { path: path() }),
            ...(body && { body: body() }),
          }),
        },
      ],
    });
    return { requests: run.requests.total, result: run };
  });
  const failed = result.non2xx + result.errors + result.timeouts;
  if (failed > 0) throw new Error(`${operation.name}: ${failed} requests failed at ${address.href}`);
  return {
    requestsPerSecond: Math.round(result.requests.average),
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    cpuMicros,
  };
}

async function createAccounts(world: World): Promise<string[]> {
  const uuids: string[] = [];
  for (let number = 0; number < ownAccounts; number += 1) {
    const answer = await fetch(new URL("/api/v1/accounts", world.ours), {
      method: "POST",
      headers: headersOf(world),
      body: JSON.stringify({ slug: `bench-${number}`, zone: "europe-1" }),
    });
    if (answer.status !== 201) throw new Error(`No account: ${answer.status} ${await answer.text()}`);
    const { id } = (await answer.json()) as { id: string };
    uuids.push(id);
  }
  return uuids;
}

function headersOf({ token }: World): Record<string, string> {
  return { authorization: `Bearer ${token}`, "content-type": "application/json" };
}
