/** Changes and the audit rows they must write. */
import { expect } from "vitest";

import { auditPage, expectAuditRow, type StoredAuditRow, userIdOf } from "./audit.ts";
import { queryRow } from "./database.ts";
import {
  addMember,
  type ApiResponse,
  type Caller,
  createAccount,
  createUser,
  type TestAccount,
} from "./fixtures.ts";

export interface AuditedChange extends Pick<StoredAuditRow, "action" | "target" | "changes"> {
  readonly answer: ApiResponse;
  /** The actor, if it is not the owner. */
  readonly actor?: string;
  /** The account whose audit log has the row; null for none. */
  readonly account?: TestAccount | null;
  /** Number of rows it adds to the audit logs of other accounts. */
  readonly otherRows?: number;
}

/** An account with an owner and a member. */
export interface AuditScene {
  readonly owner: Caller;
  readonly account: TestAccount;
  readonly member: Caller;
  readonly memberId: string;
}

export async function setUpAudit(): Promise<AuditScene> {
  const [owner, member] = [await createUser(), await createUser()];
  const account = await createAccount(owner);
  await addMember(account, member);
  return { owner, account, member, memberId: await userIdOf(member) };
}

export const accountPath = ({ slug }: TestAccount) => `/api/v1/account/${slug}`;
export const organizationPath = ({ id }: TestAccount) => `/accounts/organizations/${id}/`;

export async function inviteIdOf(email: string): Promise<string> {
  return String((await queryRow("SELECT uuid FROM invites WHERE email = ?", email))?.["uuid"]);
}

/** Returns the account that a response describes. */
export function accountFrom({ body }: ApiResponse, slug: string, title: string): TestAccount {
  return { id: body.id ?? body.uuid, slug, title };
}

export const accountCreated = ({ id, slug, title }: TestAccount) => ({
  action: "account.created",
  target: `account:${id}`,
  changes: { slug: [null, slug], title: [null, title], type: [null, "stash-trial"] },
});
export const accountUpdated = ({ id }: TestAccount, changes: AuditedChange["changes"]) => ({
  action: "account.updated",
  target: `account:${id}`,
  changes,
});
export const accountDeleted = ({ id, slug, title }: TestAccount) => ({
  action: "account.deleted",
  target: `account:${id}`,
  changes: { slug: [slug, null], title: [title, null] },
  account: null,
});

export type AuditedChanges = Readonly<Record<string, (scene: AuditScene) => Promise<AuditedChange>>>;

/** Asserts that a change writes one audit row and that the account's audit log shows it. */
export async function expectOneRow(change: (scene: AuditScene) => Promise<AuditedChange>): Promise<void> {
  const made = await setUpAudit();
  const { answer, actor, account = made.account, otherRows, ...row } = await change(made);
  expect([200, 201, 204]).toContain(answer.status);
  const owner = await queryRow(
    "SELECT actor FROM audit_rows WHERE target = ? AND action = 'account.created'",
    `account:${made.account.id}`,
  );
  const written = await expectAuditRow(
    answer,
    { actor: actor ?? String(owner?.["actor"]), ...row },
    otherRows,
  );
  if (account === null) {
    expect(written.account_id).toBeNull();
    return;
  }
  const stored = await queryRow("SELECT id FROM accounts WHERE uuid = ?", account.id);
  expect(stored).toEqual({ id: written.account_id });
  const [entry] = (await auditPage(made.owner, account)).items;
  const { account_id: _account, at, ...shown } = written;
  expect(entry).toEqual({ ...shown, at: new Date(at).toISOString() });
}
