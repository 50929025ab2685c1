/** Writes that are not API changes with an audit row: imports, the cron trigger and the queue. */
import { delayedQueue } from "../support/cost-meter.ts";
import { queryRow, setAccount } from "../support/database.ts";
import { exportService, importRows, resetForImport } from "../support/export-import.ts";
import { createAccount, createOperator, createUser } from "../support/fixtures.ts";
import { storeInvite } from "../support/invitations.ts";
import { deliverMailJobs, Mailbox } from "../support/mail.ts";
import { runCron } from "../support/queue-and-cron.ts";
import { workerWith } from "../support/worker.ts";

export interface BackgroundWrite {
  readonly name: string;
  /** Prepares the data. Returns a function that writes with a database that may fail and returns whether it succeeded. */
  readonly prepare: () => Promise<(database: D1Database) => Promise<boolean>>;
}

export const backgroundWrites: readonly BackgroundWrite[] = [
  { name: "an import of the first rows", prepare: () => anImport(() => 0) },
  { name: "an import of further rows", prepare: () => anImport((count) => count - 5) },
  { name: "an import of the last rows", prepare: () => anImport((count) => count - 5, true) },
  {
    name: "the expiry of trials",
    prepare: async () => {
      const { id } = await onTrial();
      const { id: other } = await onTrial();
      return async (database) => {
        // The cron trigger fails if one of its tasks fails.
        const done = await runCron(Date.now(), { DB: database }).then(
          () => true,
          () => false,
        );
        const ended = await queryRow(
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
    name: "the mail of an invitation, counted per address and day,",
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

/** Exports a small service and imports its rows up to a position into an empty one. */
async function anImport(from: (count: number) => number, end = false) {
  await resetForImport();
  const former = await createOperator();
  const account = await createAccount(await createUser());
  await storeInvite(account, "AMEMBER");
  const { rows } = await exportService(former);
  await resetForImport();
  const root = await createOperator();
  // Signs the operator in.
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
