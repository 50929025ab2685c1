/** Members of accounts: paths, error bodies, and rows in the database. */

import {
  addMember,
  type ApiResponse,
  type Caller,
  createAccount,
  createUser,
  type TestAccount,
} from "./fixtures.ts";
import { queryRows } from "./database.ts";

export type Role = "AOWNER" | "AMEMBER";

/** The response to outsiders, whether the account exists or not. */
export const noAccess = refusal(403, "This account does not exist or you are not a member of it");
export const noUser = refusal(404, "User not found");
export const noInvite = refusal(404, "Invite not found");
export const noSeat = refusal(
  409,
  "Seat limit reached. Remove a member, revoke an invite or raise the limit.",
);
export const lastOwner = refusal(
  409,
  "An account must keep at least one active owner. Make another member an owner first.",
);
export const alreadyMember = refusal(409, "This user is already a member");
export const blocked = refusal(403, "This account is blocked: manager");
/** A response without a body. */
export const noContent = { status: 204, text: "" };

/** The response to a member who invites to, or revokes an invitation to, a role above their own. */
export const missingRole = refusal(403, "Missing role: AOWNER");

/** Returns the response to a member who lacks a permission. */
export function missingPermission(permission: string): { status: number; body: unknown } {
  return refusal(403, `Missing permission: ${permission}`);
}

function refusal(status: number, detail: string): { status: number; body: unknown } {
  return { status, body: { detail } };
}

/** Returns the path of an account's members. */
export function membersPath({ slug }: TestAccount): string {
  return `/api/v1/account/${slug}/users`;
}

/** Returns the path of a member. */
export function memberPath({ slug }: TestAccount, id: string): string {
  return `/api/v1/account/${slug}/user/${id}`;
}

/** Returns status and text, for responses without a body. */
export function statusAndText({ status, text }: ApiResponse): { status: number; text: string } {
  return { status, text };
}

/** Returns the statuses of responses in ascending order. */
export function statusesOf(answers: readonly ApiResponse[]): number[] {
  return answers.map(({ status }) => status).sort((left, right) => left - right);
}

export async function userIdOf(caller: Caller): Promise<string> {
  return (await caller.get("/api/v1/user")).body.id;
}

/** Creates a member of an account with these token claims. */
export async function joinAccount(
  account: TestAccount,
  role: Role = "AMEMBER",
  claims: Record<string, unknown> = {},
): Promise<{ caller: Caller; id: string }> {
  const caller = await createUser(claims);
  await addMember(account, caller, role);
  return { caller, id: await userIdOf(caller) };
}

/** Creates an account and its owner. */
export async function createAccountWithOwner(
  claims: Record<string, unknown> = {},
): Promise<{ owner: Caller; ownerId: string; account: TestAccount }> {
  const owner = await createUser(claims);
  const account = await createAccount(owner);
  return { owner, ownerId: await userIdOf(owner), account };
}

/** Returns the roles by user in the order in which the members joined. */
export async function rolesIn({ id }: TestAccount): Promise<Record<string, unknown>> {
  const members = await queryRows(
    "SELECT u.uuid, m.role FROM memberships m JOIN users u ON u.id = m.user_id JOIN accounts a ON a.id = m.account_id WHERE a.uuid = ? ORDER BY m.id",
    id,
  );
  return Object.fromEntries(members.map(({ uuid, role }) => [String(uuid), role]));
}

export interface AuditRow {
  readonly actor: unknown;
  readonly action: unknown;
  readonly target: unknown;
  readonly changes: unknown;
}

/** Returns the audit rows of an account after its creation. */
export async function auditRowsOf({ id }: TestAccount): Promise<AuditRow[]> {
  const written = await queryRows(
    "SELECT actor, action, target, changes FROM audit_rows WHERE account_id = (SELECT id FROM accounts WHERE uuid = ?) AND action <> 'account.created' ORDER BY id",
    id,
  );
  return written.map(({ actor, action, target, changes }) => ({
    actor,
    action,
    target,
    changes: JSON.parse(String(changes)),
  }));
}

/** Returns the number of members and of pending invitations, which share the seats. */
export async function seatsTaken({ id }: TestAccount): Promise<{ members: number; pending: number }> {
  const [counted] = await queryRows(
    "SELECT (SELECT count(*) FROM memberships WHERE account_id = accounts.id) AS members, (SELECT count(*) FROM invites WHERE account_id = accounts.id AND state = 'pending') AS pending FROM accounts WHERE uuid = ?",
    id,
  );
  return { members: Number(counted?.["members"]), pending: Number(counted?.["pending"]) };
}

/** Returns pydantic's error for an invalid UUID, without its location. */
export function uuidError(input: string, reason: string): object {
  return {
    type: "uuid_parsing",
    msg: `Input should be a valid UUID, ${reason}`,
    input,
    ctx: { error: reason },
  };
}

export const missingBody = { type: "missing", loc: ["body"], msg: "Field required", input: null };
export const roleError = {
  type: "enum",
  msg: "Input should be 'AOWNER' or 'AMEMBER'",
  ctx: { expected: "'AOWNER' or 'AMEMBER'" },
};
