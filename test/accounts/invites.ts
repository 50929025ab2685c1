/** What the tests of this face's invites share. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";

import { createInvitationToken } from "../../src/services/invitations/token.ts";
import { anAddress, setInvite } from "../organizations/invitations.ts";
import type { Answer, Caller, MadeAccount } from "../world.ts";
import { read } from "./rows.ts";

/** An invitation as it is stored. */
export interface StoredInvite {
  readonly uuid: string;
  readonly email: string;
  readonly role: string;
  readonly state: string;
  readonly version: number;
  readonly sent_at: number;
  readonly valid_until: number;
  readonly mailed_at: number | null;
  readonly mail_again_at: number | null;
}

/** What inviting is answered. */
export const done = { status: 200, body: null };

export function invitesOf({ id }: MadeAccount): string {
  return `/api/v1/account/${id}/invites`;
}

export function inviteOf({ id }: MadeAccount, email: string): string {
  return `/api/v1/account/${id}/invite/${encodeURIComponent(email)}`;
}

export function invite(caller: Caller, { slug }: MadeAccount, body: unknown): Promise<Answer> {
  return caller.post(`/api/v1/account/${slug}/invite`, body);
}

/** Invites an address that nobody has; the address. */
export async function invited(caller: Caller, account: MadeAccount, role?: string): Promise<string> {
  const email = anAddress();
  const { status, body } = await invite(caller, account, { email, role });
  expect([status, body]).toEqual([200, null]);
  return email;
}

/** Moves the last sending this long into the past, in milliseconds, and has it mailed. */
export async function sentAgo(account: MadeAccount, email: string, milliseconds: number): Promise<void> {
  const { uuid } = await lastInvite(account, email);
  await setInvite(uuid, { sent_at: Date.now() - milliseconds, mailed_at: 1 });
}

/** The last invitation of an address to an account. */
export async function lastInvite({ id }: MadeAccount, email: string): Promise<StoredInvite> {
  const row = await read<StoredInvite>(
    "SELECT invites.* FROM invites JOIN accounts ON accounts.id = invites.account_id WHERE accounts.uuid = ? AND invites.email_key = ? ORDER BY invites.id DESC",
    id,
    email.normalize("NFC").toLowerCase(),
  );
  if (row === null) throw new Error(`No invitation of ${email}`);
  return row;
}

/** What stands in the mail of an invitation, of its present version unless told. */
export async function inviteSecret(uuid: string, version?: number): Promise<string> {
  const row = await read("SELECT version FROM invites WHERE uuid = ?", uuid);
  return createInvitationToken(inviteKey(), { uuid, version: version ?? Number(row?.["version"]) });
}

/** The key the worker under test makes secrets with. */
export function inviteKey(): string {
  const { INVITE_SECRET: key } = env;
  if (key === undefined) throw new Error("The tests have no INVITE_SECRET");
  return key;
}

export function accept(caller: Caller, token: unknown): Promise<Answer> {
  return caller.post("/api/v1/invites/accept", { token });
}

/** What who has joined is answered. */
export function joined({ id, slug }: MadeAccount): { status: number; body: unknown } {
  return { status: 200, body: { account: { id, slug } } };
}
