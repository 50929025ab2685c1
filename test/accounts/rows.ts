/** What tests change straight in the database, where no operation of this face does it. */
import { env } from "cloudflare:workers";

import { unique, type Caller, type MadeAccount } from "../world.ts";

export async function run(statement: string, ...values: unknown[]): Promise<void> {
  await env.DB.prepare(statement)
    .bind(...values)
    .run();
}

/** One row, as the database has it. */
export function read<Row = Record<string, unknown>>(
  statement: string,
  ...values: unknown[]
): Promise<Row | null> {
  return env.DB.prepare(statement)
    .bind(...values)
    .first<Row>();
}

export async function deactivate(user: Caller): Promise<void> {
  const me = await user.get("/api/v1/user");
  await run("UPDATE users SET is_active = 0 WHERE uuid = ?", me.body.id);
}

/** Sets columns of the row of a table that has this id on the wire. */
export async function setColumns(
  table: "accounts" | "invites" | "personal_access_tokens",
  id: string,
  columns: Readonly<Record<string, unknown>>,
): Promise<void> {
  const set = Object.keys(columns).map((name) => `${name} = ?`);
  const key = table === "personal_access_tokens" ? "id" : "uuid";
  await run(`UPDATE ${table} SET ${set.join(", ")} WHERE ${key} = ?`, ...Object.values(columns), id);
}

/** Sets columns of an account. */
export async function setAccount(
  { id }: MadeAccount,
  columns: Readonly<Record<string, unknown>>,
): Promise<void> {
  await setColumns("accounts", id, columns);
}

/** A private zone of its own. */
export async function makePrivateZone(): Promise<{ id: string; slug: string }> {
  const zone = { id: crypto.randomUUID(), slug: unique("private") };
  await run(
    "INSERT INTO zones (uuid, slug, title, cloud_provider, private, location_hint) VALUES (?, ?, 'Private', 'ON_PREMISES', 1, 'weur')",
    zone.id,
    zone.slug,
  );
  return zone;
}
