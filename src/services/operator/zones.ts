import { asc, eq, sql } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { normalizeText } from "../../domain/text.ts";
import type { CloudProvider, LocationHint } from "../../domain/zone.ts";
import { assertion, runBatch, type Statement } from "../../storage/database.ts";
import { zones } from "../../storage/schema.ts";
import { auditStatement } from "../audit.ts";
import { queryAsCaller } from "../caller/caller.ts";
import { assertOperator } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { changedFields } from "../changed-fields.ts";
import { replayable, withIdempotencyRecord } from "../idempotency.ts";

type ZoneRow = typeof zones.$inferSelect;

/** A zone as the operator sees it. */
export type ManagedZone = Omit<ZoneRow, "id">;

/** What an operator sets on a zone. */
export interface ZoneFields {
  readonly slug: string;
  readonly title: string;
  readonly cloudProvider: CloudProvider;
  readonly private: boolean;
  readonly origin: string | null;
  /** Fixed once an account is placed there. */
  readonly locationHint: LocationHint | null;
}

/** All zones, the oldest first: there are few. One round trip. */
export async function listManagedZones(ctx: Context): Promise<readonly ManagedZone[]> {
  const [, rows] = await queryAsCaller(ctx, ctx.db.select().from(zones).orderBy(asc(zones.id)));
  return rows;
}

/** One zone. Throws `zone_not_found`. One round trip. */
export async function getZone(ctx: Context, uuid: string): Promise<ManagedZone> {
  return (await readZone(ctx, uuid)).zone;
}

/** Makes a zone. Throws `zone_slug_taken`. Two round trips. */
export function createZone(ctx: Context, fields: ZoneFields): Promise<ManagedZone> {
  return replayable(async () => {
    const [caller] = await queryAsCaller(ctx);
    const zone = { ...fields, title: normalizeText(fields.title), uuid: crypto.randomUUID() };
    await runBatch(
      ctx.db,
      withIdempotencyRecord(ctx, caller, JSON.stringify(zone), [
        assertOperator(ctx, caller),
        ctx.db.insert(zones).values(zone),
        auditStatement(ctx, caller, {
          accountId: null,
          action: "zone.created",
          target: `zone:${zone.uuid}`,
          changes: told(zone, (value) => [null, value]),
        }),
      ]),
    );
    return zone;
  });
}

/**
 * Changes a zone; a field left out stays. Throws `zone_not_found`, `zone_slug_taken`, and
 * `zone_in_use` for another place once accounts are in it. Two round trips; one when nothing changes.
 */
export async function updateZone(
  ctx: Context,
  uuid: string,
  fields: { readonly [Name in keyof ZoneFields]?: ZoneFields[Name] | undefined },
): Promise<ManagedZone> {
  const { caller, zone } = await readZone(ctx, uuid);
  const wanted = { ...fields, title: fields.title === undefined ? undefined : normalizeText(fields.title) };
  const columns = changedFields<ZoneFields>(zone, wanted);
  const names = Object.keys(columns) as (keyof ZoneFields)[];
  if (names.length === 0) return zone;
  await runBatch(ctx.db, [
    assertOperator(ctx, caller),
    stillAsRead(ctx, zone),
    ctx.db.update(zones).set(columns).where(eq(zones.id, zone.id)),
    auditStatement(ctx, caller, {
      accountId: null,
      action: "zone.updated",
      target: `zone:${uuid}`,
      changes: Object.fromEntries(names.map((name) => [zones[name].name, [zone[name], columns[name]]])),
    }),
  ]);
  return { ...zone, ...columns };
}

/** Deletes a zone no account is placed in. Throws `zone_not_found` and `zone_in_use`. Two round trips. */
export async function deleteZone(ctx: Context, uuid: string): Promise<void> {
  const { caller, zone } = await readZone(ctx, uuid);
  await runBatch(ctx.db, [
    assertOperator(ctx, caller),
    stillAsRead(ctx, zone),
    ctx.db.delete(zones).where(eq(zones.id, zone.id)),
    auditStatement(ctx, caller, {
      accountId: null,
      action: "zone.deleted",
      target: `zone:${uuid}`,
      changes: told(zone, (value) => [value, null]),
    }),
  ]);
}

async function readZone(ctx: Context, uuid: string) {
  const [caller, [zone]] = await queryAsCaller(ctx, ctx.db.select().from(zones).where(eq(zones.uuid, uuid)));
  if (zone === undefined) throw new DomainError("zone_not_found");
  return { caller, zone };
}

/** Each field under its column's name, with what was before and after. */
function told(
  { slug, title, cloudProvider, private: hidden, origin, locationHint }: ZoneFields,
  change: (value: unknown) => [before: unknown, after: unknown],
) {
  const fields = {
    slug,
    title,
    cloud_provider: cloudProvider,
    private: hidden,
    origin,
    location_hint: locationHint,
  };
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, change(value)]));
}

function stillAsRead(ctx: Context, zone: ZoneRow): Statement {
  const { id, slug, title, cloudProvider, origin, locationHint } = zone;
  const same = sql`exists (select 1 from zones where id = ${id} and slug = ${slug} and title = ${title} and cloud_provider = ${cloudProvider} and private = ${zone.private ? 1 : 0} and origin is ${origin} and location_hint is ${locationHint})`;
  return assertion(ctx.db, "conflict", same);
}
