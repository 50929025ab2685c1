/** Finds data of others in a response: every stored text contains its owner's mark. */
import type { ApiResponse } from "../support/fixtures.ts";
import {
  type Account,
  may,
  mayGlobally,
  pendingOf,
  receivedBy,
  roleOf,
  type State,
  type User,
} from "./model.ts";
import { seesProfile } from "./user-visibility.ts";

/** Returns the marks and ids of everything that a user may see. */
export function visibleTo(state: State, me: User): Set<string> {
  const tenants = state.accounts.filter((account) => seesAccount(state, me, account));
  const people = state.users.filter((user) => seesUser(state, me, user));
  return new Set([
    ...tenants.flatMap(({ mark, id }) => [mark, id]),
    ...people.flatMap(({ mark, uuid }) => [mark, uuid]),
  ]);
}

function seesAccount(state: State, me: User, account: Account): boolean {
  if (!account.there) return false;
  const invited = receivedBy(state, me).some((invite) => invite.account === account);
  return invited || roleOf(me, account) !== undefined || mayGlobally(me, "see");
}

function seesUser(state: State, me: User, user: User): boolean {
  if (seesProfile(state, me, user) || mayGlobally(me, "readUsers")) return true;
  if (receivedBy(state, me).some(({ inviter }) => inviter === user)) return true;
  return state.accounts.some((account) => {
    const invited = pendingOf(account).some(
      ({ inviter, address }) => inviter === user || address === user.email,
    );
    return (
      (may(me, account, "searchMembers") && account.members.has(user)) ||
      (may(me, account, "seeInvites") && invited) ||
      (may(me, account, "seeHistory") && account.named.has(user))
    );
  });
}

/** Returns the marks and ids in a response that its reader may not see. */
export function leakedIn(state: State, { text }: ApiResponse, known: ReadonlySet<string>): string[] {
  const marks = text.match(/[tu]\d+k[0-9a-f]{12}q/g) ?? [];
  const ids = [...state.accounts.map(({ id }) => id), ...state.users.map(({ uuid }) => uuid)];
  const held = [...marks, ...ids.filter((id) => text.includes(id))];
  return held.filter((one) => !known.has(one));
}
