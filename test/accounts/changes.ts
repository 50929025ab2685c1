/** Changes that are written down, and that they are. */
import { expect } from "vitest";

import { addMember, makeAccount, someone, type Answer, type Caller, type MadeAccount } from "../world.ts";
import { expectWritten, page, uuidOf, type StoredRow } from "./history.ts";
import { read } from "./rows.ts";

export interface Change extends Pick<StoredRow, "action" | "target" | "changes"> {
  readonly answer: Answer;
  /** Who did it, where it was not the owner. */
  readonly actor?: string;
  /** The account in whose history it stands; null for none. */
  readonly account?: MadeAccount | null;
  /** How many rows more it writes into other histories. */
  readonly besides?: number;
}

/** An account of its owner's, with a member. */
export interface Scene {
  readonly owner: Caller;
  readonly account: MadeAccount;
  readonly member: Caller;
  readonly memberId: string;
}

export async function scene(): Promise<Scene> {
  const [owner, member] = [await someone(), await someone()];
  const account = await makeAccount(owner);
  await addMember(account, member);
  return { owner, account, member, memberId: await uuidOf(member) };
}

export const v1 = ({ slug }: MadeAccount) => `/api/v1/account/${slug}`;
export const org = ({ id }: MadeAccount) => `/accounts/organizations/${id}/`;

export async function inviteOf(email: string): Promise<string> {
  return String((await read("SELECT uuid FROM invites WHERE email = ?", email))?.["uuid"]);
}

/** The account that an answer says was made. */
export function madeBy({ body }: Answer, slug: string, title: string): MadeAccount {
  return { id: body.id ?? body.uuid, slug, title };
}

export const created = ({ id, slug, title }: MadeAccount) => ({
  action: "account.created",
  target: `account:${id}`,
  changes: { slug: [null, slug], title: [null, title], type: [null, "stash-trial"] },
});
export const updated = ({ id }: MadeAccount, changes: Change["changes"]) => ({
  action: "account.updated",
  target: `account:${id}`,
  changes,
});
export const deleted = ({ id, slug, title }: MadeAccount) => ({
  action: "account.deleted",
  target: `account:${id}`,
  changes: { slug: [slug, null], title: [title, null] },
  account: null,
});

export type Changes = Readonly<Record<string, (scene: Scene) => Promise<Change>>>;

/** Asserts that a change writes one row, and that the account's history shows it. */
export async function expectOneRow(change: (scene: Scene) => Promise<Change>): Promise<void> {
  const made = await scene();
  const { answer, actor, account = made.account, besides, ...row } = await change(made);
  expect([200, 201, 204]).toContain(answer.status);
  const owner = await read(
    "SELECT actor FROM audit_rows WHERE target = ? AND action = 'account.created'",
    `account:${made.account.id}`,
  );
  const written = await expectWritten(answer, { actor: actor ?? String(owner?.["actor"]), ...row }, besides);
  if (account === null) {
    expect(written.account_id).toBeNull();
    return;
  }
  const stored = await read("SELECT id FROM accounts WHERE uuid = ?", account.id);
  expect(stored).toEqual({ id: written.account_id });
  const [entry] = (await page(made.owner, account)).items;
  const { account_id: _account, at, ...shown } = written;
  expect(entry).toEqual({ ...shown, at: new Date(at).toISOString() });
}
