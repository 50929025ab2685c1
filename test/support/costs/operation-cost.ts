import type { ApiResponse, Caller, TestAccount } from "../fixtures.ts";
import { createColleague, userPath } from "../organization-users.ts";

export type SendOperation = (caller: Caller, account: TestAccount) => Promise<ApiResponse>;

/** Cost of an operation for the only owner of one account, or for the operator in the operator API. */
export interface OperationCost {
  /** Sends one successful request as the caller, after any preparation. */
  readonly send: SendOperation;
  readonly status: number;
  /** Round trips to the database. */
  readonly roundTrips: 0 | 1 | 2;
  /** Calls of the account's usage object; 0 by default. */
  readonly objects?: 1;
  /** Rows read and written. */
  readonly read: number;
  readonly written: number;
  /** Extra rows read if an index has an entry after the last match, which depends on other data. */
  readonly neighbours?: number;
  /** Rows read with a personal access token, for operations that write nothing. */
  readonly byToken?: number;
  /** Rows read and written with an Idempotency-Key, and rows read by the repeated request. */
  readonly keyed?: { readonly read: number; readonly written: number; readonly again: number };
  /** Sends a request with invalid values, if the operation has values. */
  readonly invalid?: SendOperation;
  /** Sends a request that changes nothing, and the rows it reads. */
  readonly unchanged?: { readonly send: SendOperation; readonly read: number };
}

/** Returns the path of an account in the accounts API. */
export function accountPath({ id }: TestAccount): string {
  return `/api/v1/account/${id}`;
}

/** Returns the path of a new user who has never signed in and belongs to this account only. */
export async function colleaguePath(made: TestAccount): Promise<string> {
  return userPath((await createColleague([made])).uuid);
}

/** Returns the request with an Idempotency-Key. */
export function addIdempotencyKey(request: Request, key: string): Request {
  const headers = new Headers(request.headers);
  headers.set("Idempotency-Key", key);
  return new Request(request, { headers });
}
