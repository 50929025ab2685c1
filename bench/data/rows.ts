import type { DatabaseSync, SQLInputValue } from "node:sqlite";

import { firstAuditId } from "../../src/domain/audit.ts";
import { invitationLifetime } from "../../src/domain/invitation.ts";
import { searchText } from "../../src/domain/search.ts";
import { searchKey } from "../../src/domain/text.ts";
import { normalizeEmail } from "../../src/domain/user.ts";
import type { Random } from "./random.ts";

/** The issuer of the users' identities. */
export const issuer = "https://bench.example";

export interface NewUser {
  readonly uuid: string;
  /** `sub` of the user's tokens. */
  readonly subject: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
}

export interface NewAccount {
  readonly uuid: string;
  readonly slug: string;
  readonly title: string;
  readonly type: string;
  readonly zone: number;
}

/** Reference to a user or an account. */
export interface RowRef {
  readonly id: number;
  readonly uuid: string;
}

/**
 * Inserts the rows that the service would insert, with history. The database's triggers insert owners and search indexes.
 */
export class RowWriter {
  readonly #random: Random;
  readonly #insert: (table: string, row: Readonly<Record<string, SQLInputValue>>) => number;
  #lastAudit = 0;

  constructor(database: DatabaseSync, random: Random) {
    this.#random = random;
    const statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
    this.#insert = (table, row) => {
      const columns = Object.keys(row);
      const statement =
        statements.get(table) ??
        database.prepare(
          `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
        );
      statements.set(table, statement);
      return Number(statement.run(...Object.values(row)).lastInsertRowid);
    };
  }

  /** Inserts a user who signed in first at `at` and again at `lastLogin`. */
  user({ uuid, subject, email, firstName, lastName }: NewUser, at: number, lastLogin = at): RowRef {
    const id = this.#insert("users", {
      uuid,
      email,
      email_key: normalizeEmail(email),
      verified_email: normalizeEmail(email),
      first_name: firstName,
      last_name: lastName,
      search_text: searchText([email, firstName, lastName]),
      last_login: lastLogin,
      created_at: at,
    });
    this.#insert("identities", { issuer, subject, user_id: id });
    this.#audit(null, at, uuid, "user.created", `user:${uuid}`, { email: [null, email] });
    return { id, uuid };
  }

  /** Inserts an account and returns its id. */
  account({ uuid, slug, title, type, zone }: NewAccount, owner: RowRef, at: number): number {
    const id = this.#insert("accounts", {
      uuid,
      slug,
      title,
      title_key: searchKey(title),
      type,
      zone_id: zone,
      created_by: owner.id,
      created_at: at,
    });
    const changes = { slug: [null, slug], title: [null, title], type: [null, type] };
    this.#audit(id, at, owner.uuid, "account.created", `account:${uuid}`, changes);
    return id;
  }

  /** Inserts memberships in one change. */
  members(account: RowRef, by: RowRef, members: readonly RowRef[], at: number): void {
    for (const { id } of members) {
      this.#insert("memberships", { account_id: account.id, user_id: id, role: "AMEMBER", created_at: at });
    }
    const changes = Object.fromEntries(members.map(({ uuid }) => [uuid, [null, "AMEMBER"]]));
    this.#audit(account.id, at, by.uuid, "members.updated", `account:${account.uuid}`, changes);
  }

  /** Inserts a pending invitation whose mail was sent. The account sent no other in that hour. */
  invite(account: number, by: RowRef, email: string, at: number): void {
    const uuid = this.#random.uuid();
    this.#insert("invites", {
      uuid,
      account_id: account,
      email,
      email_key: normalizeEmail(email),
      role: "AMEMBER",
      invited_by: by.id,
      sent_at: at,
      valid_until: at + invitationLifetime,
      mailed_at: at + 1_000,
      created_at: at,
    });
    const changes = { email: [null, email], role: [null, "AMEMBER"] };
    this.#audit(account, at, by.uuid, "invite.created", `invite:${uuid}`, changes);
  }

  #audit(
    account: number | null,
    at: number,
    actor: string,
    action: string,
    target: string,
    changes: Readonly<Record<string, unknown>>,
  ): void {
    this.#lastAudit = Math.max(this.#lastAudit + 1, firstAuditId(at));
    this.#insert("audit_rows", {
      id: this.#lastAudit,
      account_id: account,
      at,
      actor,
      action,
      target,
      changes: JSON.stringify(changes),
      request_id: this.#random.uuid(),
    });
  }
}
