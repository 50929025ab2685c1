/** Invitations through the accounts API. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";

import { createInvitationToken } from "../../src/services/invitations/token.ts";
import { queryRow } from "./database.ts";
import type { ApiResponse, Caller, TestAccount } from "./fixtures.ts";
import { setInvite, uniqueEmail } from "./invitations.ts";

/** A row of the table `invites`. */
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

/** The response to an invitation. */
export const invitedResponse = { status: 200, body: null };

export function invitesPath({ id }: TestAccount): string {
  return `/api/v1/account/${id}/invites`;
}

export function invitePath({ id }: TestAccount, email: string): string {
  return `/api/v1/account/${id}/invite/${encodeURIComponent(email)}`;
}

export function inviteToAccount(caller: Caller, { slug }: TestAccount, body: unknown): Promise<ApiResponse> {
  return caller.post(`/api/v1/account/${slug}/invite`, body);
}

/** Invites a new address and returns it. */
export async function createInvite(caller: Caller, account: TestAccount, role?: string): Promise<string> {
  const email = uniqueEmail();
  const { status, body } = await inviteToAccount(caller, account, { email, role });
  expect([status, body]).toEqual([200, null]);
  return email;
}

/** Marks the invitation as mailed and moves the time of sending into the past by some milliseconds. */
export async function moveSentAt(account: TestAccount, email: string, milliseconds: number): Promise<void> {
  const { uuid } = await latestInvite(account, email);
  await setInvite(uuid, { sent_at: Date.now() - milliseconds, mailed_at: 1 });
}

/** Returns the newest invitation of an address to an account. */
export async function latestInvite({ id }: TestAccount, email: string): Promise<StoredInvite> {
  const row = await queryRow<StoredInvite>(
    "SELECT invites.* FROM invites JOIN accounts ON accounts.id = invites.account_id WHERE accounts.uuid = ? AND invites.email_key = ? ORDER BY invites.id DESC",
    id,
    email.normalize("NFC").toLowerCase(),
  );
  if (row === undefined) throw new Error(`No invitation of ${email}`);
  return row;
}

/** Returns the token in the mail of an invitation, by default of its current version. */
export async function invitationTokenOf(uuid: string, version?: number): Promise<string> {
  const row = await queryRow("SELECT version FROM invites WHERE uuid = ?", uuid);
  return createInvitationToken(inviteSecretKey(), { uuid, version: version ?? Number(row?.["version"]) });
}

/** Returns the key with which the worker signs invitation tokens. */
export function inviteSecretKey(): string {
  const { INVITE_SECRET: key } = env;
  if (key === undefined) throw new Error("The tests have no INVITE_SECRET");
  return key;
}

export function acceptInvite(caller: Caller, token: unknown): Promise<ApiResponse> {
  return caller.post("/api/v1/invites/accept", { token });
}

/** The response to an accepted invitation. */
export function joinedResponse({ id, slug }: TestAccount): { status: number; body: unknown } {
  return { status: 200, body: { account: { id, slug } } };
}
