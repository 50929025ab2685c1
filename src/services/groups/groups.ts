import { asc, desc, gt, lt, sql } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { makePage, type Page, type PageRequest, pageWindow } from "../../domain/pagination.ts";
import { groups } from "../../storage/schema.ts";
import { queryAsCaller } from "../caller/caller.ts";
import type { Context } from "../caller/context.ts";
import { countAll } from "../pagination.ts";

/** A group with the permissions that it grants on every account. */
export interface Group {
  readonly id: number;
  readonly name: string;
  readonly permissions: readonly string[];
}

/** Returns a page of all groups by id. Throws `page_invalid`. One round trip. */
export async function listGroups(ctx: Context, request: PageRequest): Promise<Page<Group>> {
  const { afterKeys, descending, limit, offset } = pageWindow(request);
  // Column names in full: Drizzle omits the table of a column inside a selected expression.
  const granted = sql<string>`(select json_group_array(group_permissions.permission) from group_permissions where group_permissions.group_id = groups.id)`;
  const bound = Number(afterKeys?.[0]);
  const query = ctx.db
    .select({ id: groups.id, name: groups.name, granted: granted.as("granted") })
    .from(groups)
    .where(afterKeys === undefined ? undefined : (descending ? lt : gt)(groups.id, bound))
    .orderBy((descending ? desc : asc)(groups.id))
    .limit(limit)
    .offset(offset);
  const [, rows, total] = await queryAsCaller(ctx, query, ctx.db.select({ count: countAll }).from(groups));
  const read = rows.map((row) => ({
    id: row.id,
    name: row.name,
    permissions: (JSON.parse(row.granted) as string[]).sort(),
  }));
  const page = makePage(request, read, total[0]?.count ?? 0, ({ id }) => [id]);
  if (page === undefined) throw new DomainError("page_invalid");
  return page;
}
