/** A request and its expected result. */
import type { ApiResponse } from "../support/fixtures.ts";
import type { Account, Role, State, Token, User } from "./model.ts";

/** A user who sends requests, with a personal access token if there is one. */
export interface Actor {
  readonly user: User;
  readonly token: Token | undefined;
}

export interface ExpectedRequest {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  /** A body that is sent unchanged. */
  readonly raw?: BodyInit;
  readonly status: number;
  /** Returns the part of a successful response that is compared. */
  readonly observe?: (answer: ApiResponse) => unknown;
  /** The expected value of that part. */
  readonly expected?: unknown;
  /** Updates the model after a success. */
  readonly apply?: (answer: ApiResponse) => unknown;
  /** An account that the response may name although the caller can no longer see it. */
  readonly names?: Account;
}

/** Random input of a command. Numbers pick among users and accounts. */
export interface CommandInput {
  readonly by: number;
  readonly withToken: boolean;
  readonly on: number;
  readonly whom: number;
  readonly role: Role;
  readonly organizations: boolean;
  readonly yes: boolean;
}

/** Creates a request; undefined if it has no target. */
export type Command = (
  state: State,
  me: Actor,
  draw: CommandInput,
) => ExpectedRequest | undefined | Promise<ExpectedRequest | undefined>;

/** Picks one element. */
export function pick<Thing>(things: readonly Thing[], at: number): Thing | undefined {
  return things.length === 0 ? undefined : things[at % things.length];
}

/** Returns a number that is unique in the state. */
export function nextNumber(state: State): number {
  state.things += 1;
  return state.things;
}

/** Adds a change to an account's history. */
export function addHistory(account: Account, by: User, action: string, ...concerned: readonly User[]): void {
  account.history.unshift({ action, actor: by.uuid });
  for (const user of [by, ...concerned]) account.named.add(user);
}

/** Sorts values, to compare lists without order. */
export function sorted(things: readonly unknown[]): string[] {
  return things.map((thing) => JSON.stringify(thing)).sort();
}
