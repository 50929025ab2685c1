/**
 * Tables of allowed values. A column refers to one by foreign key instead of listing its values in a CHECK: SQLite
 * cannot change a CHECK without rebuilding the table, but a migration can insert a row. D1 bills no row read for
 * checking a foreign key against such a table.
 */
import { type SQLiteColumn, sqliteTable, text } from "drizzle-orm/sqlite-core";

import { accountRoles, blockingStates, invitationStates, usageEnforcements } from "../domain/account.ts";
import { plans } from "../domain/plan.ts";
import { languages, userTypes } from "../domain/user.ts";
import { cloudProviders, locationHints } from "../domain/zone.ts";

/** Defines a column that holds one of the values of a reference table. */
export function oneOf<Name extends string, Value extends string, Values extends [Value, ...Value[]]>(
  name: Name,
  allowed: SQLiteColumn & { enumValues: Values },
) {
  return text(name, { enum: allowed.enumValues }).references(() => allowed);
}

export const planTable = sqliteTable("plans", { slug: text("slug", { enum: plans }).primaryKey() });

export const accountRoleTable = sqliteTable("account_roles", {
  name: text("name", { enum: accountRoles }).primaryKey(),
});

export const blockingStateTable = sqliteTable("blocking_states", {
  name: text("name", { enum: blockingStates }).primaryKey(),
});

export const usageEnforcementTable = sqliteTable("usage_enforcements", {
  name: text("name", { enum: usageEnforcements }).primaryKey(),
});

export const invitationStateTable = sqliteTable("invitation_states", {
  name: text("name", { enum: invitationStates }).primaryKey(),
});

export const userTypeTable = sqliteTable("user_types", {
  name: text("name", { enum: userTypes }).primaryKey(),
});

export const languageTable = sqliteTable("languages", {
  name: text("name", { enum: languages }).primaryKey(),
});

export const cloudProviderTable = sqliteTable("cloud_providers", {
  name: text("name", { enum: cloudProviders }).primaryKey(),
});

export const locationHintTable = sqliteTable("location_hints", {
  name: text("name", { enum: locationHints }).primaryKey(),
});
