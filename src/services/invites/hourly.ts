/** How many mails of invitations an account sends in an hour: counted on its row, in the batch that asks for the mail. */
import { eq, sql, type SQL } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { inviteHour, invitesAnHour } from "../../domain/invite.ts";
import { precondition, type Statement } from "../../storage/database.ts";
import { keepStatement, type Slots } from "../../storage/kept-query.ts";
import { accounts } from "../../storage/schema/accounts.ts";
import type { FoundAccount } from "../accounts/access.ts";
import type { Context } from "../context.ts";

type Hourly = Pick<FoundAccount, "id" | "invitesSince" | "invitesSent">;

/** Throws `too_many_invites`, until the hour is over, where the account has sent as many as an hour allows. */
export function requireInvitesLeft({ now, settings }: Context, account: Hourly): void {
  const { invitesSince: since, invitesSent } = account;
  if (!settings.limitsInvites || since === null || since + inviteHour <= now) return;
  if (invitesSent < invitesAnHour) return;
  const retryAfter = Math.ceil(Math.min(inviteHour, since + inviteHour - now) / 1000);
  throw new DomainError("too_many_invites", {
    retryAfter,
    limit: {
      name: "invites",
      quota: invitesAnHour,
      window: inviteHour / 1000,
      remaining: 0,
      reset: retryAfter,
    },
  });
}

/** The statements that count one mail; their batch fails as `changed_meanwhile` when the last was taken since. */
export function countingInvite({ db, now, settings }: Context, { id }: Hourly): Statement[] {
  const hour = { id, now, before: now - inviteHour };
  return settings.limitsInvites ? [oneLeft(db, hour), countOne(db, hour)] : [countOne(db, hour)];
}

const oneLeft = keepStatement(["id", "before"], (db, hour) => {
  const left = sql`exists (select 1 from accounts where id = ${hour.id} and (${begins(hour)} or invites_sent < ${invitesAnHour}))`;
  return precondition(db, "changed_meanwhile", left);
});

const countOne = keepStatement(["id", "now", "before"], (db, hour) =>
  db
    .update(accounts)
    .set({
      invitesSince: sql`case when ${begins(hour)} then ${hour.now} else invites_since end`,
      invitesSent: sql`case when ${begins(hour)} then 1 else invites_sent + 1 end`,
    })
    .where(eq(accounts.id, hour.id)),
);

function begins({ before }: Slots<"before">): SQL {
  return sql`(invites_since is null or invites_since <= ${before})`;
}
