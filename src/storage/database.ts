import { sql, type SQL } from "drizzle-orm";
import type { BatchItem, BatchResponse } from "drizzle-orm/batch";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";

import { DomainError, type ErrorCode } from "../domain/errors.ts";
import { preconditions } from "./schema.ts";

export type Database = DrizzleD1Database & { readonly $client: D1Database };
export type Statement = BatchItem<"sqlite">;
type Statements = readonly [Statement, ...Statement[]];

export function openDatabase(d1: D1Database): Database {
  return drizzle(d1);
}

/**
 * Runs statements as one transaction in one round trip: all of them or none. A refusal by a
 * precondition or a trigger is thrown as the DomainError it names.
 */
export async function runBatch<Items extends Statements>(
  db: Database,
  items: Items,
): Promise<BatchResponse<[...Items]>> {
  try {
    // Drizzle asks for a mutable tuple; the batch is not changed.
    return (await db.batch(items as unknown as [Statement, ...Statement[]])) as BatchResponse<[...Items]>;
  } catch (error) {
    throw refusalOf(error) ?? error;
  }
}

/** A statement that aborts its batch with `code` unless `holds` is true when the batch runs. */
export function precondition(db: Database, code: RefusedByDatabase, holds: SQL): Statement {
  return db.insert(preconditions).values({ name: code, holds: sql`${holds}` });
}

/** The refusals that preconditions and triggers raise by name. */
const refusedByDatabase = [
  "token_invalid",
  "slug_taken",
  "last_owner",
  "owned_accounts_limit",
  "seats_taken",
  "invite_pending",
  "already_member",
  "too_soon",
  "zone_slug_taken",
  "zone_in_use",
  "version_mismatch",
  "changed_meanwhile",
] as const satisfies readonly ErrorCode[];
type RefusedByDatabase = (typeof refusedByDatabase)[number];

function refusalOf(error: unknown): DomainError | undefined {
  const message = messagesOf(error);
  const raised = /(?:^|[^a-z_])([a-z_]+): SQLITE_CONSTRAINT/.exec(message)?.[1];
  const code = refusedByDatabase.find((name) => name === raised);
  if (code !== undefined) return new DomainError(code);
  if (/overloaded|reset|timed? ?out|network connection lost|storage caused object/i.test(message)) {
    return new DomainError("storage_unavailable", { retryAfter: 1 });
  }
  return undefined;
}

/** The messages of an error and its causes; for reading only, as they hold SQL and values. */
function messagesOf(error: unknown): string {
  return error instanceof Error ? `${error.message}\n${messagesOf(error.cause)}` : "";
}
