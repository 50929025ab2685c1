import { readAs } from "../caller.ts";
import type { Context } from "../context.ts";
import { accountQuery, requireAccess, type Access, type AccountName } from "./access.ts";

/** One account the caller may do this operation to. One round trip. */
export async function getAccount(ctx: Context, which: AccountName): Promise<Access> {
  const [caller, [found]] = await readAs(ctx, accountQuery(ctx, which));
  return requireAccess(ctx, caller, found);
}
