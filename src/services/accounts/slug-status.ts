import { eq } from "drizzle-orm";

import { isReservedSlug, slugKey, slugLength } from "../../domain/account.ts";
import { accounts } from "../../storage/schema/accounts.ts";
import { queryAsCaller } from "../caller.ts";
import type { Context } from "../context.ts";

/** Whether an account could be made with this slug now: well formed, not reserved, not taken. One round trip. */
export async function isSlugAvailable(ctx: Context, slug: string): Promise<boolean> {
  const taken = ctx.db
    .select({ id: accounts.id })
    .from(accounts)
    .where(eq(accounts.slug, slugKey(slug)));
  const [, rows] = await queryAsCaller(ctx, taken);
  // As it was written: other letters than ASCII's can become one of those in lower case.
  const wellFormed = /^[a-zA-Z0-9_-]+$/.test(slug) && slug.length <= slugLength;
  return wellFormed && !isReservedSlug(slug) && rows.length === 0;
}
