/** What the tests of users and analysts share. */
import { row, run } from "../storage/rows.ts";
import { unique, type Caller, type MadeAccount } from "../world.ts";

export const users = "/accounts/users/";
export const analysts = "/accounts/analysts/";

export function oneUser(uuid: string): string {
  return `${users}${uuid}/`;
}

export const noUser = { detail: "No User matches the given query." };
export const lastOwner = {
  non_field_errors: ["An organization must keep at least one active owner."],
};
export const noSeat = { non_field_errors: ["This organization has no seat left."] };

/** A user as this face shows them. */
export interface ShownUser {
  readonly id: number;
  readonly uuid: string;
  readonly email: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly groups: number[];
  readonly is_active: boolean;
}

/** A user who has never signed in, straight in the database, in these accounts. */
export async function makeColleague(
  accounts: readonly MadeAccount[],
  fields: { email?: string; role?: "AOWNER" | "AMEMBER" } = {},
): Promise<{ id: number; uuid: string; email: string }> {
  const email = fields.email ?? `${unique("colleague")}@example.com`;
  const uuid = crypto.randomUUID();
  await run(
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
  return { id: Number((await row("SELECT id FROM users WHERE uuid = ?", uuid))?.["id"]), uuid, email };
}

/** The caller as this face shows them; signs in. */
export async function shownMe(caller: Caller): Promise<ShownUser> {
  const me = await caller.get("/api/v1/user");
  return (await caller.get(oneUser(me.body.id))).body;
}

export async function integerKey({ id }: MadeAccount): Promise<number> {
  return Number((await row("SELECT id FROM accounts WHERE uuid = ?", id))?.["id"]);
}
