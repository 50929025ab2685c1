import type { ApiResponse, Caller, TestAccount } from "../fixtures.ts";
import { createColleague, userPath } from "../organization-users.ts";

export type SendOperation = (caller: Caller, account: TestAccount) => Promise<ApiResponse>;

/** What an operation costs the only owner of one account; an operator, where it is the operator's. */
export interface OperationCost {
  /** The operation as it succeeds: one request of the caller's, whatever else is made ready for it. */
  readonly send: SendOperation;
  readonly status: number;
  /** Round trips to the database. */
  readonly roundTrips: 0 | 1 | 2;
  /** Calls of the account's usage object; none unless told. */
  readonly objects?: 1;
  /** Rows read and written. */
  readonly read: number;
  readonly written: number;
  /** Rows read besides where an index has an entry behind the last match, which others' data decide. */
  readonly neighbours?: number;
  /** Rows read with a personal access token, where the operation writes nothing. */
  readonly byToken?: number;
  /** Rows read and written with an Idempotency-Key, and read when it is sent again. */
  readonly keyed?: { readonly read: number; readonly written: number; readonly again: number };
  /** The same with a request whose values do not fit, where the operation takes any. */
  readonly invalid?: SendOperation;
  /** The same with a request that asks for what already is, and the rows it reads. */
  readonly unchanged?: { readonly send: SendOperation; readonly read: number };
}

/** The path of an account on the accounts face. */
export function accountPath({ id }: TestAccount): string {
  return `/api/v1/account/${id}`;
}

/** The path of a user who has never signed in and is in this account alone. */
export async function colleaguePath(made: TestAccount): Promise<string> {
  return userPath((await createColleague([made])).uuid);
}

/** The same request with a key that makes it safe to repeat. */
export function addIdempotencyKey(request: Request, key: string): Request {
  const headers = new Headers(request.headers);
  headers.set("Idempotency-Key", key);
  return new Request(request, { headers });
}
