import { asc, eq, inArray, lt } from "drizzle-orm";

import type { Job } from "../../domain/job.ts";
import type { Env } from "../../env.ts";
import { openDatabase } from "../../storage/database.ts";
import { deleteLogos } from "../../storage/logos.ts";
import { erasures } from "../../storage/internal-tables.ts";
import { accounts, auditRows } from "../../storage/schema.ts";
import { enqueueJob } from "../jobs.ts";

/** After this many seconds no request that had read the account before its deletion is still running. */
const stragglerDelay = 60;
/** How many audit rows one statement deletes: D1 ends a statement after 30 seconds. */
const auditStep = 1_000;
/** How long a deletion waits for the queue before it is sent again, in milliseconds. */
const overdueAfter = 5 * 60 * 1000;
/** How many overdue erasures one scheduled run sends. */
const resendStep = 100;

/**
 * Removes logo, usage and history of a deleted account and schedules `cleanUpStragglers`. It may run any number of
 * times and stop anywhere: the row that requests it is deleted last.
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
  const stragglers: Job = { kind: "clean-up-stragglers", accountUuid };
  await env.JOBS.send(stragglers, { delaySeconds: stragglerDelay });
  await db.delete(erasures).where(eq(erasures.accountUuid, accountUuid));
}

/** Removes logo and usage of a deleted account again. An existing account keeps them. */
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

/** Sends overdue erasures to the queue again, most overdue first. */
export async function requeueOverdueErasures(env: Env, now: number): Promise<void> {
  const db = openDatabase(env.DB);
  const overdue = db
    .select({ accountUuid: erasures.accountUuid })
    .from(erasures)
    .where(lt(erasures.askedAt, now - overdueAfter))
    .orderBy(asc(erasures.askedAt))
    .limit(resendStep);
  const requeued = await db
    .update(erasures)
    .set({ askedAt: now })
    .where(inArray(erasures.accountUuid, overdue))
    .returning({ accountUuid: erasures.accountUuid });
  await Promise.all(
    requeued.map(({ accountUuid }) => enqueueJob(env.JOBS, { kind: "erase-account", accountUuid })),
  );
}
