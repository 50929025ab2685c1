import { sql } from "drizzle-orm";

import { invitationRetention } from "../../domain/invite.ts";
import type { Database } from "../../storage/database.ts";
import { invites } from "../../storage/schema/invites.ts";

/** How many invitations one statement deletes: D1 ends a statement after 30 seconds. */
const step = 500;

/** Deletes the invitations that ended 90 days ago, accepted, revoked or neither, in bounded steps. */
export async function deleteExpiredInvitations(db: Database, now: number): Promise<void> {
  const old = sql`select id from invites indexed by invites_end where valid_until <= ${now - invitationRetention} limit ${step}`;
  for (;;) {
    const { meta } = await db
      .delete(invites)
      .where(sql`id in (${old})`)
      .run();
    if (meta.changes < step) return;
  }
}
