import { eq, sql } from "drizzle-orm";

import type { Language } from "../../domain/user.ts";
import { assertion, runBatch } from "../../storage/database.ts";
import { users } from "../../storage/schema/users.ts";
import { auditStatement } from "../audit.ts";
import { assertCallerActive } from "../asker.ts";
import { queryAsCaller, type Caller } from "../caller.ts";
import type { Context } from "../context.ts";
import { changedFields } from "../differing.ts";
import { personColumns } from "./person.ts";

/** What a user says of themselves; a key left out stays. */
export interface Preferences {
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly email?: string | undefined;
  readonly avatar?: string | null | undefined;
  readonly language?: Language | null | undefined;
}

/**
 * Changes what the caller says of themselves. The address is how they are written to; it vouches
 * for nothing. Two round trips; one when nothing changes.
 */
export async function updateCurrentUser(ctx: Context, preferences: Preferences): Promise<void> {
  const { db } = ctx;
  const [caller] = await queryAsCaller(ctx);
  const changed = changedFields<Pick<Caller, keyof Preferences>>(caller, preferences);
  const names = Object.keys(changed) as (keyof Preferences)[];
  if (names.length === 0) return;

  const after = { ...caller, ...changed };
  const same = sql`exists (select 1 from users where id = ${caller.id} and email = ${caller.email} and first_name = ${caller.firstName} and last_name = ${caller.lastName} and avatar is ${caller.avatar} and language is ${caller.language})`;
  await runBatch(db, [
    assertCallerActive(ctx, caller),
    assertion(db, "conflict", same),
    db
      .update(users)
      .set({ ...personColumns(after), avatar: after.avatar, language: after.language })
      .where(eq(users.id, caller.id)),
    auditStatement(ctx, caller, {
      accountId: null,
      action: "user.updated",
      target: `user:${caller.uuid}`,
      changes: Object.fromEntries(names.map((name) => [users[name].name, [caller[name], changed[name]]])),
    }),
  ]);
}
