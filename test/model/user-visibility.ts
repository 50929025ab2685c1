/** The rules of which users may see and edit each other. */
import { accountsOf, mayGlobally, roleOf, type State, type User } from "./model.ts";

/** Returns whether a user sees another: themselves, members of accounts they own, or everyone with the permission. */
export function seesProfile(state: State, me: User, other: User): boolean {
  if (!other.there) return false;
  const owned = accountsOf(state, me, "AOWNER").some(({ members }) => members.has(other));
  return other === me || owned || mayGlobally(me, "readUsers");
}

/** Returns the status when one user changes or deletes another. */
export function editStatus(state: State, me: User, other: User): 200 | 403 | 404 {
  if (!seesProfile(state, me, other)) return 404;
  if (other === me || mayGlobally(me, "writeUsers")) return 200;
  const theirs = accountsOf(state, other);
  const mine = theirs.every((account) => roleOf(me, account) === "AOWNER");
  const free = !other.signedIn && theirs.length > 0 && other.groups.length === 0;
  return free && mine && theirs.every(({ blocked }) => !blocked) ? 200 : 403;
}
