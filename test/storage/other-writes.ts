/** What writes without being a change of its own: an import, which is no history, the cron, and the queue. */
import { setAccount } from "../accounts/rows.ts";
import { putRows, startAnew, takeOut } from "../copies/service.ts";
import { patientQueue } from "../counting.ts";
import { deliver, Post } from "../mail/mailing.ts";
import { cron } from "../manage/cron.ts";
import { doorWith } from "../http/door.ts";
import { storeInvite } from "../organizations/invitations.ts";
import { makeAccount, operator, someone } from "../world.ts";
import { row } from "./rows.ts";

export interface Write {
  readonly name: string;
  /** Makes all it takes; what then writes, with a database that may fail, and tells whether it has. */
  readonly prepare: () => Promise<(database: D1Database) => Promise<boolean>>;
}

export const otherWrites: readonly Write[] = [
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
        const done = await cron({ DB: database }).then(
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
      const uuid = await storeInvite(await makeAccount(await someone()), "AMEMBER");
      return async (database) => {
        const post = new Post();
        const job = { kind: "mail-invitation", uuid, version: 1 };
        const { acknowledged } = await deliver([job], { DB: database, MAIL: post.binding });
        return acknowledged === 1 && post.sent.length === 1;
      };
    },
  },
];

async function onTrial() {
  const account = await makeAccount(await someone());
  await setAccount(account, { trial_expires_at: 1 });
  return account;
}

/** An import into an empty service, of which the rows up to one are there. */
async function anImport(from: (count: number) => number, end = false) {
  await startAnew();
  const former = await operator();
  const account = await makeAccount(await someone());
  await storeInvite(account, "AMEMBER");
  const { rows } = await takeOut(former);
  await startAnew();
  const root = await operator();
  // What is not there yet is the operator's own user.
  await root.get("/api/v1/user");
  const id = crypto.randomUUID();
  const position = from(rows.length);
  if (position > 0) await putRows(root, { id, rows: rows.slice(0, position) });
  return async (database: D1Database) => {
    const through = root.through(doorWith({ DB: database, JOBS: patientQueue }));
    const { status } = await putRows(through, { id, rows: rows.slice(position), position, end });
    return status === 200;
  };
}
