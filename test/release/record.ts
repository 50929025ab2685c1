/** Records every statement that the Worker sends, for `npm run release`. Not a test of the suite. */
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";

import "../storage/operation-costs.test.ts";
import { DatabaseMeter, delayedQueue, sentStatements } from "../support/cost-meter.ts";
import { createAccount, createUser } from "../support/fixtures.ts";
import { storeInvite } from "../support/invitations.ts";
import { storeLogo } from "../support/logos.ts";
import { Mailbox, mailFrom } from "../support/mail.ts";
import { deliverJobs, jobDone, runCron } from "../support/queue-and-cron.ts";

// The imported cost tests have sent the statements of all operations by then.
it("the statements of the operations, the queue and the cron are recorded", async () => {
  const owner = await createUser();
  const made = await createAccount(owner);
  const hash = await storeLogo(made);
  const uuid = await storeInvite(made);
  const change = {
    DB: new DatabaseMeter(env.DB).database,
    JOBS: delayedQueue,
    MAIL: new Mailbox().binding,
    MAIL_FROM: mailFrom,
  };
  expect(await deliverJobs([{ kind: "mail-invitation", uuid, version: 1 }], change)).toEqual(jobDone);
  const logo = { kind: "delete-logo", accountUuid: made.id, hash, upload: "former" };
  expect(await deliverJobs([logo], change)).toEqual(jobDone);
  // Each run of the cron checks one of 256 parts of the accounts.
  for (let turn = 0; turn < 256; turn += 1) await runCron(Date.now() + turn * 5 * 60_000, change);
  expect((await owner.delete(`/api/v1/account/${made.slug}`)).status).toBe(204);
  expect(await deliverJobs([{ kind: "erase-account", accountUuid: made.id }], change)).toEqual(jobDone);

  const statements = [...sentStatements].toSorted(([one], [other]) => (one < other ? -1 : 1));
  await expect(JSON.stringify(statements)).toMatchFileSnapshot("../../.wrangler/tmp/statements.json");
});
