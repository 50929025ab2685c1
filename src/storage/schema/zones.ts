import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

import { cloudProviders, locationHints } from "../../domain/zone.ts";
import { enumCheck, booleanCheck } from "./checks.ts";

export const zones = sqliteTable(
  "zones",
  {
    id: integer("id").primaryKey(),
    uuid: text("uuid").notNull().unique(),
    slug: text("slug").notNull().unique(),
    title: text("title").notNull(),
    cloudProvider: text("cloud_provider", { enum: cloudProviders }).notNull(),
    private: integer("private", { mode: "boolean" }).notNull().default(false),
    origin: text("origin"),
    locationHint: text("location_hint", { enum: locationHints }),
  },
  (table) => [
    enumCheck("zones_cloud_provider", table.cloudProvider, cloudProviders),
    enumCheck("zones_location_hint", table.locationHint, locationHints),
    booleanCheck("zones_private", table.private),
  ],
);
