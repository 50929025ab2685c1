import { asc, eq, inArray, lt } from "drizzle-orm";

import type { Env } from "../../env.ts";
import { openDatabase } from "../../storage/database.ts";
import { deleteLogos } from "../../storage/logos.ts";
import { accounts, auditRows, erasures } from "../../storage/schema.ts";
import { enqueueJob } from "../jobs.ts";

/** The job of removing what a deleted account left outside the database. */
export interface EraseAccountJob {
  readonly kind: "erase-account";
  readonly accountUuid: string;
}

/** The job of removing what a request left there that had seen the account before it was deleted. */
export interface CleanUpStragglersJob {
  readonly kind: "erase-leftovers";
  readonly accountUuid: string;
}

/** How long after an erasure nothing can be on its way to the account's object any more, in seconds. */
const settled = 60;
/** How many audit rows one statement deletes: D1 ends a statement after 30 seconds. */
const auditStep = 1_000;
/** How long a deletion waits for the queue before the cron sends it again, in milliseconds. */
const overdueAfter = 5 * 60 * 1000;
/** How many overdue erasures one cron run sends. */
const resendStep = 100;

/**
 * Removes logo, usage and history of a deleted account, and asks for `cleanUpStragglers`. It may run any
 * number of times and stop anywhere: the row that asks for it goes last.
 */
export async function eraseAccount(env: Env, accountUuid: string): Promise<void> {
  const db = openDatabase(env.DB);
  const [erasure] = await db.select().from(erasures).where(eq(erasures.accountUuid, accountUuid));
  if (erasure === undefined) return;
  await eraseBytes(env, accountUuid);
  const someRows = db
    .select({ id: auditRows.id })
    .from(auditRows)
    .where(eq(auditRows.accountId, erasure.accountId))
    .limit(auditStep);
  for (;;) {
    const { meta } = await db.delete(auditRows).where(inArray(auditRows.id, someRows)).run();
    if (meta.changes < auditStep) break;
  }
  const leftovers: CleanUpStragglersJob = { kind: "erase-leftovers", accountUuid };
  await env.JOBS.send(leftovers, { delaySeconds: settled });
  await db.delete(erasures).where(eq(erasures.accountUuid, accountUuid));
}

/** Removes logo and usage of an account that is deleted once more; one that is there keeps them. */
export async function cleanUpStragglers(env: Env, accountUuid: string): Promise<void> {
  const [account] = await openDatabase(env.DB)
    .select({ id: accounts.id })
    .from(accounts)
    .where(eq(accounts.uuid, accountUuid));
  if (account === undefined) await eraseBytes(env, accountUuid);
}

async function eraseBytes(env: Env, accountUuid: string): Promise<void> {
  await deleteLogos(env.LOGOS, accountUuid);
  await env.USAGE.get(env.USAGE.idFromName(accountUuid)).erase();
}

/** Asks the queue again for the erasures it was asked for long ago, the longest ago first. */
export async function requeueOverdueErasures(env: Env, now: number): Promise<void> {
  const db = openDatabase(env.DB);
  const overdue = db
    .select({ accountUuid: erasures.accountUuid })
    .from(erasures)
    .where(lt(erasures.askedAt, now - overdueAfter))
    .orderBy(asc(erasures.askedAt))
    .limit(resendStep);
  const asked = await db
    .update(erasures)
    .set({ askedAt: now })
    .where(inArray(erasures.accountUuid, overdue))
    .returning({ accountUuid: erasures.accountUuid });
  await Promise.all(
    asked.map(({ accountUuid }) => enqueueJob(env.JOBS, { kind: "erase-account", accountUuid })),
  );
}
