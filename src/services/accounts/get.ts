import type { SQL } from "drizzle-orm";

import { readAs } from "../caller.ts";
import type { Context } from "../context.ts";
import { accountQuery, requireAccess, type Access } from "./access.ts";

/** One account the caller may do this operation to. One round trip. */
export async function getAccount(ctx: Context, which: SQL): Promise<Access> {
  const [caller, [found]] = await readAs(ctx, accountQuery(ctx, which));
  return requireAccess(ctx, caller, found);
}
