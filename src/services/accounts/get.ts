import { queryAsCaller } from "../caller.ts";
import type { Context } from "../context.ts";
import { accountQuery, checkAccess, type Access, type AccountName } from "./access.ts";

/** One account the caller may do this operation to. One round trip. */
export async function getAccount(ctx: Context, which: AccountName): Promise<Access> {
  const [caller, [found]] = await queryAsCaller(ctx, accountQuery(ctx, which));
  return checkAccess(ctx, caller, found);
}
