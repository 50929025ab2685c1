/**
 * How logos leave R2 that no account points to. Why none that is pointed to can: a key is made anew
 * for every upload, and an account points to it for one stretch at the most, which begins within
 * that request. So a key that was replaced is never pointed to again, nor is one that is a day old and
 * is not now; the same image uploaded again, even between a look here and the deletion after it,
 * has another key.
 */
import { inArray, sql } from "drizzle-orm";

import type { Env } from "../../env.ts";
import { type Database, openDatabase } from "../../storage/database.ts";
import { logoKey, type StoredLogo } from "../../storage/logos.ts";
import { accounts } from "../../storage/schema.ts";
import { enqueueJob } from "../jobs.ts";
import { currentLogo } from "./get.ts";

/** The job of deleting a logo that was replaced or taken away. */
export interface DeleteLogoJob extends StoredLogo {
  readonly kind: "delete-logo";
  readonly accountUuid: string;
}

/** How long a replaced logo stays for the downloads that have begun, in seconds. */
const deletionDelay = 60;
/** From which age on an object that no account points to is left over, in milliseconds: no upload lasts that long. */
const orphanAge = 24 * 60 * 60 * 1000;
/** How often the cron comes, in milliseconds. */
const sweepInterval = 5 * 60 * 1000;

/** Asks the queue to delete a former logo. A queue that refuses leaves it to the sweep. */
export function enqueueLogoDeletion(
  jobs: Queue,
  accountUuid: string,
  { hash, upload }: StoredLogo,
): Promise<void> {
  return enqueueJob(jobs, { kind: "delete-logo", accountUuid, hash, upload }, deletionDelay);
}

/** Deletes a former logo; one that its account points to stays. */
export async function deletePreviousLogo(
  env: Env,
  { accountUuid, hash, upload }: DeleteLogoJob,
): Promise<void> {
  const key = logoKey(accountUuid, { hash, upload });
  const pointedTo = await keysPointedTo(openDatabase(env.DB), [accountUuid]);
  if (!pointedTo.has(key)) await env.LOGOS.delete(key);
}

/**
 * Deletes the logos that an upload left behind which ended halfway, that a queue never heard of, or
 * that arrived after their account was deleted. Each run looks at one of 256 parts of the accounts,
 * whose uuids are random, page by page; every part has its turn within a day. No place is kept: the
 * time tells the part.
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
    const pointedTo = await keysPointedTo(db, [...new Set(keys.map(accountOf))]);
    const leftOver = keys.filter((key) => !pointedTo.has(key));
    if (leftOver.length > 0) await env.LOGOS.delete(leftOver);
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}

/** The keys that these accounts point to. */
async function keysPointedTo(db: Database, uuids: readonly string[]): Promise<Set<string>> {
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
