import { eq, sql } from "drizzle-orm";

import { identities } from "../storage/schema/identities.ts";
import { personalAccessTokens } from "../storage/schema/personal-access-tokens.ts";
import { users } from "../storage/schema/users.ts";
import { isIdentity, isToken, prepareForCaller } from "./credentials.ts";

const callerColumns = {
  id: users.id,
  uuid: users.uuid,
  email: users.email,
  verifiedEmail: users.verifiedEmail,
  firstName: users.firstName,
  lastName: users.lastName,
  isActive: users.isActive,
  type: users.type,
  language: users.language,
  avatar: users.avatar,
  consentGiven: users.consentGiven,
  lastLogin: users.lastLogin,
  // Names in full: within a selected expression drizzle leaves a column's table out.
  granted:
    sql<string>`(select json_group_array(distinct group_permissions.permission) from user_groups join group_permissions on group_permissions.group_id = user_groups.group_id where user_groups.user_id = users.id)`.as(
      "granted",
    ),
};

/** Reads the caller, by the credentials of the request; nothing where there is none such. */
export const callerQuery = prepareForCaller((queries, credentials) => {
  if (credentials.kind === "identity") {
    return queries
      .select({
        ...callerColumns,
        tokensAfter: sql<number | null>`identities.tokens_after`.as("tokens_after"),
        secretHash: sql<string | null>`null`.as("secret_hash"),
        lastUsedAt: sql<number | null>`null`.as("last_used_at"),
        named: sql<string>`'[]'`.as("named"),
      })
      .from(identities)
      .innerJoin(users, eq(users.id, identities.userId))
      .where(isIdentity(credentials));
  }
  return queries
    .select({
      ...callerColumns,
      tokensAfter: sql<number | null>`null`.as("tokens_after"),
      secretHash: sql<string | null>`personal_access_tokens.secret_hash`.as("secret_hash"),
      lastUsedAt: sql<number | null>`personal_access_tokens.last_used_at`.as("last_used_at"),
      named:
        sql<string>`(select json_group_array(json_array(identities.issuer, identities.subject)) from identities where identities.user_id = users.id)`.as(
          "named",
        ),
    })
    .from(personalAccessTokens)
    .innerJoin(users, eq(users.id, personalAccessTokens.userId))
    .where(isToken(credentials));
});

/** The caller's row, with what the credentials are held against. */
export type CallerRow = ReturnType<typeof callerQuery>["_"]["result"][number];
