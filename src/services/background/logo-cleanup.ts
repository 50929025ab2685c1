/**
 * Deletes logos from R2 that no account refers to. Every upload has a key of its own, and an account refers to it
 * for one period only, which begins within that request. So a key that was replaced is never used again, nor is one
 * that is a day old and unused. The same image uploaded again has another key, so no deletion can hit a current logo.
 */
import { inArray, sql } from "drizzle-orm";

import type { JobOf, ScheduledJob } from "../../domain/job.ts";
import type { Env } from "../../env.ts";
import { type Database, openDatabase } from "../../storage/database.ts";
import { logoKey, type StoredLogo } from "../../storage/logos.ts";
import { accounts } from "../../storage/schema.ts";
import { currentLogo } from "../logos/get.ts";

/** How long a replaced logo stays for downloads that have begun, in seconds. */
const deletionDelay = 60;
/** An unused object of this age is an orphan: no upload takes that long. In milliseconds. */
const orphanAge = 24 * 60 * 60 * 1000;
/** Interval of the scheduled task, in milliseconds. */
const sweepInterval = 5 * 60 * 1000;

/** Returns the job that deletes a previous logo. If the queue loses it, `deleteOrphanedLogos` deletes the logo. */
export function logoDeletionJob(accountUuid: string, { hash, upload }: StoredLogo): ScheduledJob {
  return { job: { kind: "delete-logo", accountUuid, hash, upload }, delaySeconds: deletionDelay };
}

/** Deletes a previous logo unless the account refers to it. */
export async function deletePreviousLogo(
  env: Env,
  { accountUuid, hash, upload }: JobOf<"delete-logo">,
): Promise<void> {
  const key = logoKey(accountUuid, { hash, upload });
  const inUse = await keysInUse(openDatabase(env.DB), [accountUuid]);
  if (!inUse.has(key)) await env.LOGOS.delete(key);
}

/**
 * Deletes logos left by interrupted uploads, by lost jobs, or by uploads that ended after their account was deleted.
 * Each run checks one of 256 parts of the accounts, chosen by the time, so that every part is checked within a day.
 */
export async function deleteOrphanedLogos(env: Env, now: number): Promise<void> {
  const db = openDatabase(env.DB);
  const part = Math.floor(now / sweepInterval) % 256;
  const prefix = `accounts/${part.toString(16).padStart(2, "0")}`;
  let cursor: string | undefined;
  do {
    const page = await env.LOGOS.list({ prefix, ...(cursor === undefined ? {} : { cursor }) });
    const old = page.objects.filter(({ uploaded }) => uploaded.getTime() < now - orphanAge);
    const keys = old.map(({ key }) => key);
    const inUse = await keysInUse(db, [...new Set(keys.map(accountOf))]);
    const orphans = keys.filter((key) => !inUse.has(key));
    if (orphans.length > 0) await env.LOGOS.delete(orphans);
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}

/** Returns the keys that these accounts refer to. */
async function keysInUse(db: Database, uuids: readonly string[]): Promise<Set<string>> {
  if (uuids.length === 0) return new Set();
  const { uuid, logoHash, logoType, logoUpload } = accounts;
  const rows = await db
    .select({ uuid, logoHash, logoType, logoUpload })
    .from(accounts)
    .where(inArray(uuid, sql`(select value from json_each(${JSON.stringify(uuids)}))`));
  return new Set(
    rows.flatMap((row) => {
      const logo = currentLogo(row);
      return logo === undefined ? [] : [logoKey(row.uuid, logo)];
    }),
  );
}

function accountOf(key: string): string {
  return key.split("/")[1] ?? "";
}
