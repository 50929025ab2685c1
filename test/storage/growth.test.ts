/** The cost of a request does not depend on other accounts' data, nor an outsider's on the account's data. */
import { beforeAll, describe, expect, it } from "vitest";

import { type OperationId, operations } from "../../src/domain/permissions.ts";
import { CostMeter, delayedQueue } from "../support/cost-meter.ts";
import { costs } from "../support/costs/all.ts";
import { queryRow, runStatements } from "../support/database.ts";
import {
  type Caller,
  createAccount,
  createOperator,
  createUser,
  type TestAccount,
} from "../support/fixtures.ts";

const counter = new CostMeter({ JOBS: delayedQueue });
const many = 2_000;

const closed = (Object.keys(operations) as OperationId[]).filter((id) => operations[id] !== "open");
const onAnAccount = closed.filter((id) => operations[id] !== "signed-in");

/** SQL for a table of `?1` new names. */
const names = `WITH RECURSIVE made (name, left) AS (
  SELECT lower(hex(randomblob(16))), cast(?1 AS INTEGER)
  UNION ALL SELECT lower(hex(randomblob(16))), left - 1 FROM made WHERE left > 1
)`;

/** Adds members to an account, half of them with a changed address, and tokens, keys, invitations and audit rows. */
async function fill({ id }: TestAccount, count = many): Promise<void> {
  const last = Number((await queryRow("SELECT max(id) AS id FROM users"))?.["id"]);
  const account = Number((await queryRow("SELECT id FROM accounts WHERE uuid = ?", id))?.["id"]);
  await runStatements(
    [
      `INSERT INTO users (uuid, email, email_key, verified_email, search_text, created_at) ${names}
       SELECT name, name || domain, name || domain, name || '@generated.example',
         char(1, 1) || name || domain || char(10, 1, 1) || char(10, 1, 1), 0
       FROM (SELECT name, iif(left % 2 = 0, '@generated.example', '@renamed.example') AS domain FROM made)`,
      count,
    ],
    [
      "INSERT INTO identities (issuer, subject, user_id) SELECT 'generated', uuid, id FROM users WHERE id > ?",
      last,
    ],
    [
      `INSERT INTO personal_access_tokens (id, user_id, description, secret_hash, created_at)
       SELECT uuid, id, '', '', 0 FROM users WHERE id > ?`,
      last,
    ],
    [
      `INSERT INTO idempotency_keys (user_id, operation, key, request_hash, answer, created_at)
       SELECT id, 'createAccount', uuid, '', 'null', 0 FROM users WHERE id > ?`,
      last,
    ],
    [
      "INSERT INTO memberships (account_id, user_id, role, created_at) SELECT ?, id, 'AMEMBER', 0 FROM users WHERE id > ?",
      account,
      last,
    ],
    [
      `INSERT INTO invites (uuid, account_id, email, email_key, role, sent_at, valid_until, created_at) ${names}
       SELECT name, ?2, name || '@generated.example', name || '@generated.example', 'AMEMBER', 0, 9000000000000, 0 FROM made`,
      count,
      account,
    ],
    [
      `INSERT INTO audit_rows (account_id, at, actor, action, target, changes, request_id) ${names}
       SELECT ?2, 0, name, 'generated', name, '{}', name FROM made`,
      count,
      account,
    ],
  );
}

async function signedIn(): Promise<Caller> {
  const caller = await createUser();
  await caller.get("/api/v1/user");
  return caller;
}

describe("a service with thousands of members and invitations", () => {
  beforeAll(async () => fill(await createAccount(await signedIn())));

  it.each(closed)("%s costs as much as in an empty service [R53]", async (id) => {
    const owner = operations[id] === "manage" ? await createOperator() : await signedIn();
    const made = await createAccount(owner);
    counter.read();
    const { status } = await costs[id].send(counter.meter(owner), made);
    const { rowsRead: read, rowsWritten: written } = counter.read();
    expect({ status, written }).toEqual({ status: costs[id].status, written: costs[id].written });
    // An index scan may read one row of another account after the last match, once per index.
    expect(read - costs[id].read).toBeLessThanOrEqual(3);
  });
});

describe("an account with thousands of members, invitations and audit rows", () => {
  let outsider: Caller;
  let empty: TestAccount;
  let full: TestAccount;

  beforeAll(async () => {
    outsider = await signedIn();
    empty = await createAccount(await signedIn());
    full = await createAccount(await signedIn());
    await fill(full);
  });

  it.each(onAnAccount)("%s by an outsider reads as many rows as for an empty account [R3]", async (id) => {
    const rowsRead = async (account: TestAccount) => {
      counter.read();
      await costs[id].send(counter.meter(outsider), account);
      return counter.read().rowsRead;
    };
    expect(Math.abs((await rowsRead(full)) - (await rowsRead(empty)))).toBeLessThanOrEqual(2);
  });

  it.each([
    "getMember",
    "removeMember",
    "getAccountPermissions",
    "acceptInvite",
    "deleteAccountInvite",
  ] as const)("%s by the owner costs as much as for an empty account", async (id) => {
    const owner = await signedIn();
    const made = await createAccount(owner);
    await fill(made);
    counter.read();
    const { status } = await costs[id].send(counter.meter(owner), made);
    const { rowsRead: read, rowsWritten: written } = counter.read();
    expect({ status, written }).toEqual({ status: costs[id].status, written: costs[id].written });
    expect(read - costs[id].read).toBeLessThanOrEqual(3);
  });

  it("a filtered audit list reads at most a thousand audit rows, twice", async () => {
    const owner = await signedIn();
    const made = await createAccount(owner);
    await fill(made);
    for (const filter of ["actor=nobody", "action=none", "actor=nobody&action=none&from=1970-01-01"]) {
      counter.read();
      const page = await counter.meter(owner).get(`/api/v1/account/${made.id}/audit?${filter}`);
      expect([filter, page.status, page.body.items]).toEqual([filter, 200, []]);
      expect(page.body.next).not.toBeNull();
      // Once for the matches, once for the end of the page.
      expect(counter.read().rowsRead).toBeLessThanOrEqual(2 * 1_000 + 20);
    }
  });
});
