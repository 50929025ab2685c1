import { eq } from "drizzle-orm";

import { users } from "../../storage/schema/users.ts";
import { readAs } from "../caller.ts";
import type { Context } from "../context.ts";
import { asProfile, requireVisible, userQuery, type UserProfile } from "./find.ts";

/** One user the caller may see. Throws `user_missing`. One round trip. */
export async function getUser(ctx: Context, uuid: string): Promise<UserProfile> {
  const [caller, [found]] = await readAs(ctx, userQuery(ctx, eq(users.uuid, uuid)));
  return asProfile(requireVisible(caller, found));
}
