import { asc, eq, sql } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { normalizeName } from "../../domain/text.ts";
import type { CloudProvider, LocationHint } from "../../domain/zone.ts";
import { assertion, type Statement } from "../../storage/database.ts";
import { zones } from "../../storage/schema.ts";
import { queryAsCaller } from "../caller/caller.ts";
import type { Context } from "../caller/context.ts";
import { changedFields } from "../changed-fields.ts";
import { commit } from "../commit.ts";

type ZoneRow = typeof zones.$inferSelect;

/** A zone in the operator API. */
export type ManagedZone = Omit<ZoneRow, "id">;

/** The settings of a zone. */
export interface ZoneFields {
  readonly slug: string;
  readonly title: string;
  readonly cloudProvider: CloudProvider;
  readonly private: boolean;
  readonly origin: string | null;
  /** Fixed once an account is placed in the zone. */
  readonly locationHint: LocationHint | null;
}

/** Returns all zones, oldest first. One round trip. */
export async function listManagedZones(ctx: Context): Promise<readonly ManagedZone[]> {
  const [, rows] = await queryAsCaller(ctx, ctx.db.select().from(zones).orderBy(asc(zones.id)));
  return rows;
}

/** Returns a zone. Throws `zone_not_found`. One round trip. */
export async function getZone(ctx: Context, uuid: string): Promise<ManagedZone> {
  const [, [zone]] = await queryAsCaller(ctx, zoneQuery(ctx, uuid));
  if (zone === undefined) throw new DomainError("zone_not_found");
  return zone;
}

/** Creates a zone. Throws `zone_slug_taken`. Two round trips. */
export function createZone(ctx: Context, fields: ZoneFields): Promise<ManagedZone> {
  return commit(ctx, [] as const, () => {
    const zone = { ...fields, title: normalizeName(fields.title), uuid: crypto.randomUUID() };
    return {
      access: "manage",
      write: [ctx.db.insert(zones).values(zone)],
      audit: {
        accountId: null,
        action: "zone.created",
        target: `zone:${zone.uuid}`,
        changes: Object.fromEntries(fieldNames.map((name) => [zones[name].name, [null, zone[name]]])),
      },
      result: zone,
    };
  });
}

/**
 * Changes a zone; omitted fields stay. Throws `zone_not_found`, `zone_slug_taken`, and `zone_in_use` for another
 * location once accounts are placed in it. Two round trips; one if nothing changes.
 */
export function updateZone(
  ctx: Context,
  uuid: string,
  fields: { readonly [Name in keyof ZoneFields]?: ZoneFields[Name] | undefined },
): Promise<ManagedZone> {
  return commit(ctx, [zoneQuery(ctx, uuid)] as const, (_caller, [zone]) => {
    if (zone === undefined) throw new DomainError("zone_not_found");
    const title = fields.title === undefined ? undefined : normalizeName(fields.title);
    const changed = changedFields<ZoneFields>(zone, { ...fields, title });
    const names = Object.keys(changed) as (keyof ZoneFields)[];
    if (names.length === 0) return { access: "manage", unchanged: zone };
    return {
      access: "manage",
      assert: [assertUnchanged(ctx, zone)],
      write: [ctx.db.update(zones).set(changed).where(eq(zones.id, zone.id))],
      audit: {
        accountId: null,
        action: "zone.updated",
        target: `zone:${uuid}`,
        changes: Object.fromEntries(names.map((name) => [zones[name].name, [zone[name], changed[name]]])),
      },
      result: { ...zone, ...changed },
    };
  });
}

/** Deletes a zone without accounts. Throws `zone_not_found` and `zone_in_use`. Two round trips. */
export function deleteZone(ctx: Context, uuid: string): Promise<void> {
  return commit(ctx, [zoneQuery(ctx, uuid)] as const, (_caller, [zone]) => {
    if (zone === undefined) throw new DomainError("zone_not_found");
    return {
      access: "manage",
      assert: [assertUnchanged(ctx, zone)],
      write: [ctx.db.delete(zones).where(eq(zones.id, zone.id))],
      audit: {
        accountId: null,
        action: "zone.deleted",
        target: `zone:${uuid}`,
        changes: Object.fromEntries(fieldNames.map((name) => [zones[name].name, [zone[name], null]])),
      },
      result: undefined,
    };
  });
}

const fieldNames = [
  "slug",
  "title",
  "cloudProvider",
  "private",
  "origin",
  "locationHint",
] as const satisfies readonly (keyof ZoneFields)[];

function zoneQuery(ctx: Context, uuid: string) {
  return ctx.db.select().from(zones).where(eq(zones.uuid, uuid));
}

/** Aborts the batch with `conflict` if the zone changed. */
function assertUnchanged(ctx: Context, zone: ZoneRow): Statement {
  const { id, slug, title, cloudProvider, origin, locationHint } = zone;
  const same = sql`exists (select 1 from zones where id = ${id} and slug = ${slug} and title = ${title} and cloud_provider = ${cloudProvider} and private = ${zone.private ? 1 : 0} and origin is ${origin} and location_hint is ${locationHint})`;
  return assertion(ctx.db, "conflict", same);
}
