/** Not a test of the suite: asks the worker for everything it does, and writes down the statements it sends. */
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";

import "../cost.test.ts";
import { storeLogo } from "../accounts/logos.ts";
import { everySent, Meter, patientQueue } from "../counting.ts";
import { cron, deliver, done } from "../deliver.ts";
import { mailFrom, Post } from "../mail/mailing.ts";
import { storeInvite } from "../organizations/invitations.ts";
import { makeAccount, someone } from "../world.ts";

// What the operations send is counted by the tests of their costs, which have run by then.
it("the statements are written down, those of the queue and of the cron too", async () => {
  const owner = await someone();
  const made = await makeAccount(owner);
  const hash = await storeLogo(made);
  const uuid = await storeInvite(made);
  const change = {
    DB: new Meter(env.DB).database,
    JOBS: patientQueue,
    MAIL: new Post().binding,
    MAIL_FROM: mailFrom,
  };
  expect(await deliver([{ kind: "mail-invitation", uuid, version: 1 }], change)).toEqual(done);
  const logo = { kind: "delete-logo", accountUuid: made.id, hash, upload: "former" };
  expect(await deliver([logo], change)).toEqual(done);
  // All parts of the accounts have their turn.
  for (let turn = 0; turn < 256; turn += 1) await cron(Date.now() + turn * 5 * 60_000, change);
  expect((await owner.delete(`/api/v1/account/${made.slug}`)).status).toBe(204);
  expect(await deliver([{ kind: "erase-account", accountUuid: made.id }], change)).toEqual(done);

  const statements = [...everySent].toSorted(([one], [other]) => (one < other ? -1 : 1));
  await expect(JSON.stringify(statements)).toMatchFileSnapshot("../../.wrangler/tmp/statements.json");
});
