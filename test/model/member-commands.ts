/** Commands about members, and their expected results. */
import { accountPath } from "./account-commands.ts";
import { addHistory, type Command, pick } from "./command.ts";
import {
  type Account,
  hasSeat,
  isLastOwner,
  outcome,
  type Role,
  roleOf,
  type State,
  statusOf,
  type User,
} from "./model.ts";

/** Adds a member, changes a role or removes a member. */
const changeMember: Command = (state, { user }, { on, whom, role, yes }) => {
  const [account, other] = [pick(state.accounts, on), pick(state.users, whom)];
  if (account === undefined || other === undefined) return undefined;
  const after = yes ? role : undefined;
  return {
    method: "PATCH",
    path: `${accountPath(account)}/users`,
    body: yes ? { add: [{ id: other.uuid, role }] } : { delete: [other.uuid] },
    status: statusOf(
      "accounts",
      outcome(user, account, "changeMembers"),
      changing(state, account, other, after),
    ),
    apply: () => setRole(account, user, other, after),
  };
};

/** Removes a member, often the caller. */
const leave: Command = (state, { user }, { on, whom, yes }) => {
  const account = pick(state.accounts, on);
  const members = [...(account?.members.keys() ?? [])];
  const other = yes ? user : ((whom % 3 === 0 ? undefined : pick(members, whom)) ?? pick(state.users, whom));
  if (account === undefined || other === undefined) return undefined;
  const done = roleOf(other, account) === undefined ? 404 : isLastOwner(state, other, account) ? 409 : 204;
  return {
    method: "DELETE",
    path: `${accountPath(account)}/user/${other.uuid}`,
    status: statusOf("accounts", outcome(user, account, other === user ? "see" : "changeMembers"), done),
    apply: () => setRole(account, user, other, undefined),
  };
};

export const memberCommands = { changeMember, leave };

/** Returns the outcome of changing a user's role on an account. */
function changing(state: State, account: Account, user: User, role: Role | undefined): number {
  if (!user.there && role !== undefined) return 422;
  if (role !== "AOWNER" && isLastOwner(state, user, account)) return 409;
  const joins = role !== undefined && roleOf(user, account) === undefined;
  return joins && !hasSeat(account) ? 409 : 204;
}

function setRole(account: Account, by: User, user: User, role: Role | undefined): void {
  if (roleOf(user, account) === role) return;
  if (role === undefined) account.members.delete(user);
  else account.members.set(user, role);
  addHistory(account, by, "members.updated", user);
}
