/** A request, and how the model says it ends. */
import type { ApiResponse } from "../support/fixtures.ts";
import type { Account, Role, State, Token, User } from "./model.ts";

/** Who asks: a user, with a token of ours where one is named. */
export interface Actor {
  readonly user: User;
  readonly token: Token | undefined;
}

export interface ExpectedRequest {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  /** A body that is sent as it is. */
  readonly raw?: BodyInit;
  readonly status: number;
  /** As much of an answer to a request that is done as the model tells. */
  readonly observe?: (answer: ApiResponse) => unknown;
  /** And what the model tells of it. */
  readonly expected?: unknown;
  /** What there is once it is done. */
  readonly apply?: (answer: ApiResponse) => unknown;
  /** Whom the answer names though the caller has nothing to do with it any more. */
  readonly names?: Account;
}

/** What chance says of a request; numbers choose among what there is. */
export interface CommandInput {
  readonly by: number;
  readonly withToken: boolean;
  readonly on: number;
  readonly whom: number;
  readonly role: Role;
  readonly organizations: boolean;
  readonly yes: boolean;
}

/** A kind of request; undefined where there is nothing to ask it about. */
export type Command = (
  state: State,
  me: Actor,
  draw: CommandInput,
) => ExpectedRequest | undefined | Promise<ExpectedRequest | undefined>;

/** One of some things. */
export function pick<Thing>(things: readonly Thing[], at: number): Thing | undefined {
  return things.length === 0 ? undefined : things[at % things.length];
}

/** A name by which nothing else goes. */
export function nextNumber(state: State): number {
  state.things += 1;
  return state.things;
}

/** Writes down what was done to an account. */
export function addHistory(account: Account, by: User, action: string, ...concerned: readonly User[]): void {
  account.history.unshift({ action, actor: by.uuid });
  for (const user of [by, ...concerned]) account.named.add(user);
}

/** In an order that says nothing. */
export function sorted(things: readonly unknown[]): string[] {
  return things.map((thing) => JSON.stringify(thing)).sort();
}
