/** What writes without being a change of its own: an import, which is no history, the cron, and the queue. */
import { delayedQueue } from "../support/cost-meter.ts";
import { row, setAccount } from "../support/database.ts";
import { exportService, importRows, resetForImport } from "../support/export-import.ts";
import { createAccount, createOperator, createUser } from "../support/fixtures.ts";
import { storeInvite } from "../support/invitations.ts";
import { deliverMailJobs, Mailbox } from "../support/mail.ts";
import { runCron } from "../support/queue-and-cron.ts";
import { workerWith } from "../support/worker.ts";

export interface BackgroundWrite {
  readonly name: string;
  /** Makes all it takes; what then writes, with a database that may fail, and tells whether it has. */
  readonly prepare: () => Promise<(database: D1Database) => Promise<boolean>>;
}

export const backgroundWrites: readonly BackgroundWrite[] = [
  { name: "the first rows of an import", prepare: () => anImport(() => 0) },
  { name: "rows of an import that goes on", prepare: () => anImport((count) => count - 5) },
  { name: "the last rows of an import, and its end", prepare: () => anImport((count) => count - 5, true) },
  {
    name: "the end of trials",
    prepare: async () => {
      const { id } = await onTrial();
      const { id: other } = await onTrial();
      return async (database) => {
        // The cron fails with what failed in it.
        const done = await runCron(Date.now(), { DB: database }).then(
          () => true,
          () => false,
        );
        const ended = await row(
          `SELECT count(*) AS count FROM accounts JOIN audit_rows ON account_id = accounts.id AND actor = 'system'
           WHERE accounts.uuid IN (?, ?) AND blocking_state = 'trial_expired'`,
          id,
          other,
        );
        return done && ended?.["count"] === 2;
      };
    },
  },
  {
    name: "the mail of an invitation, one of its address's day",
    prepare: async () => {
      const uuid = await storeInvite(await createAccount(await createUser()), "AMEMBER");
      return async (database) => {
        const post = new Mailbox();
        const job = { kind: "mail-invitation", uuid, version: 1 };
        const { acknowledged } = await deliverMailJobs([job], { DB: database, MAIL: post.binding });
        return acknowledged === 1 && post.sent.length === 1;
      };
    },
  },
];

async function onTrial() {
  const account = await createAccount(await createUser());
  await setAccount(account, { trial_expires_at: 1 });
  return account;
}

/** An import into an empty service, of which the rows up to one are there. */
async function anImport(from: (count: number) => number, end = false) {
  await resetForImport();
  const former = await createOperator();
  const account = await createAccount(await createUser());
  await storeInvite(account, "AMEMBER");
  const { rows } = await exportService(former);
  await resetForImport();
  const root = await createOperator();
  // What is not there yet is the operator's own user.
  await root.get("/api/v1/user");
  const id = crypto.randomUUID();
  const position = from(rows.length);
  if (position > 0) await importRows(root, { id, rows: rows.slice(0, position) });
  return async (database: D1Database) => {
    const through = root.via(workerWith({ DB: database, JOBS: delayedQueue }));
    const { status } = await importRows(through, { id, rows: rows.slice(position), position, end });
    return status === 200;
  };
}
