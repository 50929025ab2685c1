import { eq } from "drizzle-orm";

import { users } from "../../storage/schema/users.ts";
import { queryAsCaller } from "../caller.ts";
import type { Context } from "../context.ts";
import { toProfile, checkVisible, userQuery, type UserProfile } from "./find.ts";

/** One user the caller may see. Throws `user_not_found`. One round trip. */
export async function getUser(ctx: Context, uuid: string): Promise<UserProfile> {
  const [caller, [found]] = await queryAsCaller(ctx, userQuery(ctx, eq(users.uuid, uuid)));
  return toProfile(checkVisible(caller, found));
}
