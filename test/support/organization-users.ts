/** Users and analysts of the organizations API. */
import { queryRow, runStatements } from "./database.ts";
import { type Caller, type TestAccount, unique } from "./fixtures.ts";

export const usersPath = "/accounts/users/";
export const analystsPath = "/accounts/analysts/";

export function userPath(uuid: string): string {
  return `${usersPath}${uuid}/`;
}

export const noUser = { detail: "No User matches the given query." };
export const lastOwner = {
  non_field_errors: [
    "An organization must keep at least one active owner. Make another member an owner first.",
  ],
};
export const noSeat = {
  non_field_errors: ["Seat limit reached. Remove a member, revoke an invitation or raise the limit."],
};

/** A user in the organizations API. */
export interface UserBody {
  readonly id: number;
  readonly uuid: string;
  readonly email: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly groups: number[];
  readonly is_active: boolean;
}

/** Inserts a user who has never signed in, with memberships of these accounts. */
export async function createColleague(
  accounts: readonly TestAccount[],
  fields: { email?: string; role?: "AOWNER" | "AMEMBER" } = {},
): Promise<{ id: number; uuid: string; email: string }> {
  const email = fields.email ?? `${unique("colleague")}@example.com`;
  const uuid = crypto.randomUUID();
  await runStatements(
    [
      "INSERT INTO users (uuid, email, email_key, search_text, created_at) VALUES (?1, ?2, ?2, char(1, 1) || ?2, 0)",
      uuid,
      email,
    ],
    ...accounts.map(
      ({ id }) =>
        [
          "INSERT INTO memberships (account_id, user_id, role, created_at) SELECT a.id, u.id, ?, 0 FROM accounts a, users u WHERE a.uuid = ? AND u.uuid = ?",
          fields.role ?? "AMEMBER",
          id,
          uuid,
        ] as const,
    ),
  );
  return { id: Number((await queryRow("SELECT id FROM users WHERE uuid = ?", uuid))?.["id"]), uuid, email };
}

/** Returns the caller as a user of the organizations API. Signs the caller in. */
export async function currentAnalyst(caller: Caller): Promise<UserBody> {
  const me = await caller.get("/api/v1/user");
  return (await caller.get(userPath(me.body.id))).body;
}

export async function integerIdOf({ id }: TestAccount): Promise<number> {
  return Number((await queryRow("SELECT id FROM accounts WHERE uuid = ?", id))?.["id"]);
}
