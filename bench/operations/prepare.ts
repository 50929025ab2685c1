import { png } from "../../test/support/images.ts";
import { shapes } from "../data/shapes.ts";
import type { World } from "../world.ts";
import type { Operation, Targets } from "./operation.ts";
import { readOperations } from "./reads.ts";
import { pastEvents, usageOperations } from "./usage.ts";
import { writeOperations } from "./writes.ts";

/** Stores what the operations ask for beside the database: a logo and usage of the past; returns the operations. */
export async function prepareOperations(world: World): Promise<Operation[]> {
  const owned = (await tell(world, "/api/v1/accounts")) as { id: string; slug: string }[];
  const uuidOf = (slug: string) => owned.find((account) => account.slug === slug)?.id ?? "";
  const members = (await tell(world, `/api/v1/account/${shapes.crowd}/users`)) as {
    id: string;
    role: string;
  }[];
  // Distinct from those of an earlier run over the same data.
  let number = Date.now();
  const targets: Targets = {
    next: () => (number += 1),
    counted: Array.from({ length: shapes.counted }, (_, place) => uuidOf(`bench-counted-${place}`)),
    members: members.filter(({ role }) => role === "AMEMBER").map(({ id }) => id),
    home: uuidOf(shapes.home),
  };
  await storeLogo(world, targets.home);
  await recordPast(world, targets.home);
  return [
    ...(await readOperations(world, targets)),
    ...writeOperations(targets),
    ...usageOperations(targets),
  ];
}

async function storeLogo(world: World, account: string): Promise<void> {
  const form = new FormData();
  form.set("file", new Blob([new Uint8Array(png(512, 256))]), "logo.png");
  await tell(world, `/api/v1/account/${shapes.home}/logo.png?account_id=${account}`, {
    method: "PATCH",
    body: form,
  });
}

/** As many as a call takes. */
const eventsACall = 1_000;

async function recordPast(world: World, account: string): Promise<void> {
  const events = pastEvents();
  for (let at = 0; at < events.length; at += eventsACall) {
    const told = (await tell(world, `/api/v1/account/${account}/usage`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ events: events.slice(at, at + eventsACall) }),
    })) as { refused: unknown[] };
    if (told.refused.length > 0) throw new Error(`Refused: ${JSON.stringify(told.refused[0])}`);
  }
}

/** What the owner is answered, by the worker that is not measured. */
async function tell(world: World, path: string, init: RequestInit = {}): Promise<unknown> {
  const headers = new Headers(init.headers);
  headers.set("authorization", `Bearer ${world.tokens.owner}`);
  const answer = await fetch(new URL(path, world.address.telling), { ...init, headers });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}
