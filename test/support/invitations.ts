/** Invitations through the organizations API and in the database. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";

import { createInvitationToken } from "../../src/services/invitations/token.ts";
import { setColumns } from "./database.ts";
import { type ApiResponse, type Caller, type TestAccount, unique, statusAndBody } from "./fixtures.ts";
export const invitationsPath = "/accounts/invite/";
export const noInvitation = { detail: "No Invitation matches the given query." };
export const alreadyPending = { invitee_identifier: ["This address has a pending invitation."] };
export const alreadyMember = { invitee_identifier: ["This user is already a member."] };
export const noSeat = {
  non_field_errors: ["Seat limit reached. Remove a member, revoke an invitation or raise the limit."],
};
export const organizationRequired = {
  organization: ["Specify an organization with ?organization= or X-Organization."],
};

/** Lifetime of an invitation in milliseconds. */
export const week = 7 * 24 * 60 * 60 * 1000;

export function invitationPath(uuid: string): string {
  return `${invitationsPath}${uuid}/`;
}

export function invitationListPath({ id }: { readonly id: string }): string {
  return `${invitationsPath}?organization=${id}`;
}

export function uniqueEmail(): string {
  return `${unique("invitee")}@example.com`;
}

/** Invites an address and returns the invitation's UUID. */
export async function createInvitation(
  caller: Caller,
  account: TestAccount,
  fields: Record<string, unknown> = {},
): Promise<string> {
  const made = await caller.post(invitationListPath(account), {
    invitee_identifier: uniqueEmail(),
    ...fields,
  });
  if (made.status !== 201) throw new Error(`No invitation: ${made.status} ${made.text}`);
  return made.body.uuid;
}

/** Updates columns of an invitation directly in the database. */
export async function setInvite(uuid: string, columns: Readonly<Record<string, number>>): Promise<void> {
  await setColumns("invites", uuid, columns);
}

export function storedInvite(uuid: string): Promise<Record<string, unknown> | null> {
  return env.DB.prepare("SELECT * FROM invites WHERE uuid = ?").bind(uuid).first();
}

/** Inserts an old invitation and returns its UUID, also if the account does not exist. */
export async function storeInvite(
  account: TestAccount,
  role: "AOWNER" | "AMEMBER" = "AMEMBER",
  address = uniqueEmail(),
): Promise<string> {
  const uuid = crypto.randomUUID();
  await env.DB.prepare(
    `INSERT INTO invites (uuid, account_id, email, email_key, role, sent_at, valid_until, created_at)
     SELECT ?1, id, ?2, ?2, ?3, 0, 9000000000000, 0 FROM accounts WHERE uuid = ?4`,
  )
    .bind(uuid, address, role, account.id)
    .run();
  return uuid;
}

/** Returns the token in the mail of a stored invitation. */
export function invitationToken(uuid: string): Promise<string> {
  return createInvitationToken(env.INVITE_SECRET ?? "", { uuid, version: 1 });
}

/** Returns the addresses on the first page of an organization's invitations. */
export async function listInvitations(caller: Caller, account: TestAccount): Promise<string[]> {
  const page = await caller.get(`${invitationListPath(account)}&page_size=100`);
  expect(page.status).toBe(200);
  expect(page.body.count).toBe(page.body.results.length);
  return page.body.results.map((shown: { invitee_identifier: string }) => shown.invitee_identifier);
}

/** Counts the responses by status and body. */
export function countStatuses(answers: readonly ApiResponse[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) {
    const { status, body } = statusAndBody(answer);
    const key = status < 300 ? String(status) : `${status} ${JSON.stringify(body)}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}
