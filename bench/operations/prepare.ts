import { png } from "../../test/support/images.ts";
import { fixtures } from "../data/fixtures.ts";
import type { Environment } from "../environment.ts";
import type { Operation, Targets } from "./operation.ts";
import { readOperations } from "./reads.ts";
import { pastEvents, usageOperations } from "./usage.ts";
import { writeOperations } from "./writes.ts";

/** Stores a logo and past usage, and returns the operations. */
export async function prepareOperations(environment: Environment): Promise<Operation[]> {
  const owned = (await requestAsOwner(environment, "/api/v1/accounts")) as { id: string; slug: string }[];
  const uuidOf = (slug: string) => owned.find((account) => account.slug === slug)?.id ?? "";
  const members = (await requestAsOwner(environment, `/api/v1/account/${fixtures.crowd}/users`)) as {
    id: string;
    role: string;
  }[];
  // Unique among runs over the same data.
  let number = Date.now();
  const targets: Targets = {
    next: () => (number += 1),
    counted: Array.from({ length: fixtures.counted }, (_, index) => uuidOf(`bench-counted-${index}`)),
    members: members.filter(({ role }) => role === "AMEMBER").map(({ id }) => id),
    home: uuidOf(fixtures.home),
  };
  await storeLogo(environment, targets.home);
  await recordPastUsage(environment, targets.home);
  return [
    ...(await readOperations(environment, targets)),
    ...writeOperations(targets),
    ...usageOperations(targets),
  ];
}

async function storeLogo(environment: Environment, account: string): Promise<void> {
  const form = new FormData();
  form.set("file", new Blob([new Uint8Array(png(512, 256))]), "logo.png");
  await requestAsOwner(environment, `/api/v1/account/${fixtures.home}/logo.png?account_id=${account}`, {
    method: "PATCH",
    body: form,
  });
}

/** Largest number of events in a call. */
const eventsPerCall = 1_000;

async function recordPastUsage(environment: Environment, account: string): Promise<void> {
  const events = pastEvents();
  for (let at = 0; at < events.length; at += eventsPerCall) {
    const result = (await requestAsOwner(environment, `/api/v1/account/${account}/usage`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ events: events.slice(at, at + eventsPerCall) }),
    })) as { refused: unknown[] };
    if (result.refused.length > 0)
      throw new Error(`Events were rejected: ${JSON.stringify(result.refused[0])}`);
  }
}

/** Sends a request as the owner to a Worker that is not measured. Returns the JSON of the response. */
async function requestAsOwner(
  environment: Environment,
  path: string,
  init: RequestInit = {},
): Promise<unknown> {
  const headers = new Headers(init.headers);
  headers.set("authorization", `Bearer ${environment.tokens.owner}`);
  const response = await fetch(new URL(path, environment.address.instrumented), { ...init, headers });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}
