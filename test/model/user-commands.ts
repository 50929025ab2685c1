/** Commands about users and their tokens, and their expected results. */
import { addHistory, type Command, pick } from "./command.ts";
import {
  accountsOf,
  hasSeat,
  isLastOwner,
  mayGlobally,
  outcome,
  type State,
  statusOf,
  type User,
} from "./model.ts";
import { editStatus } from "./user-visibility.ts";

/** Maximum number of users in a state. */
const mostUsers = 9;
const choices = [[], [2], [3], [1]] as const;

/** Returns a new user of a state, before the service has created it. */
export function nextUser(state: State): Omit<User, "uuid" | "operator"> {
  const mark = `u${state.users.length}k${state.sign}q`;
  const email = `${mark}@example.com`;
  return { mark, email, signedIn: false, active: true, there: true, groups: [], tokens: [] };
}

/** Picks a user: mostly a member of an account who has never signed in. */
function anotherUser({ accounts, users }: State, on: number, at: number): User | undefined {
  const members = [...(pick(accounts, on)?.members.keys() ?? [])];
  const colleagues = members.filter(({ signedIn }) => !signedIn);
  const near = at % 2 === 0 ? members : colleagues;
  return (at % 5 === 0 ? undefined : pick(near, at)) ?? pick(users, at);
}

/** Returns whether to use the organizations API rather than the operator API, which would only reject most callers. */
function onOrganizations({ operator }: User, organizations: boolean, at: number): boolean {
  return organizations || (!operator && at % 4 > 0);
}

const createUser: Command = (state, { user }, { on }) => {
  const account = pick(state.accounts, on);
  if (account === undefined || state.users.length >= mostUsers) return undefined;
  const next = nextUser(state);
  return {
    method: "POST",
    path: `/accounts/users/?organization=${account.id}`,
    body: { email: next.email, first_name: "Ann", last_name: next.mark },
    status: statusOf("organizations", outcome(user, account, "changeMembers"), hasSeat(account) ? 201 : 400),
    apply: ({ body }) => {
      const made: User = { ...next, uuid: body.uuid, operator: false };
      state.users.push(made);
      account.members.set(made, "AMEMBER");
      addHistory(account, user, "user.created", made);
    },
  };
};

/** Activates or deactivates a user through the organizations or operator API. */
const activate: Command = (state, { user }, { on, whom, yes, organizations }) => {
  const other = anotherUser(state, on, whom);
  const there = onOrganizations(user, organizations, whom);
  if (other === undefined) return undefined;
  const stuck = !yes && isLastOwner(state, other);
  const byOperator = !user.operator ? 403 : !other.there ? 404 : stuck ? 409 : 200;
  const allowed = editStatus(state, user, other);
  return {
    method: "PATCH",
    path: there ? `/accounts/users/${other.uuid}/` : `/api/manage/@user/${other.uuid}`,
    body: { is_active: yes },
    status: !there ? byOperator : allowed === 200 && stuck ? 400 : allowed,
    apply: () => (other.active = yes),
  };
};

/** Changes a user's group, or removes it. */
const regroup: Command = (state, { user }, { on, whom, organizations }) => {
  const [other, groups] = [anotherUser(state, on, whom), pick(choices, on)];
  const there = onOrganizations(user, organizations, whom);
  if (other === undefined || groups === undefined) return undefined;
  const allowed = editStatus(state, user, other);
  const changes = groups.join() !== other.groups.join();
  const assigned = allowed === 200 && changes && !mayGlobally(user, "assign") ? 403 : allowed;
  return {
    method: "PATCH",
    path: there ? `/accounts/users/${other.uuid}/` : `/api/manage/@user/${other.uuid}`,
    body: { groups },
    status: there ? assigned : !user.operator ? 403 : other.there ? 200 : 404,
    apply: () => (other.groups = groups),
  };
};

/** Deletes a user through the organizations API, or the caller through the accounts API. */
const deleteUser: Command = (state, { user }, { on, whom, organizations }) => {
  const other = organizations ? anotherUser(state, on, whom) : user;
  if (other === undefined) return undefined;
  const stuck = isLastOwner(state, other);
  const allowed = editStatus(state, user, other);
  const there = allowed !== 200 ? allowed : stuck ? 400 : 204;
  return {
    method: "DELETE",
    path: organizations ? `/accounts/users/${other.uuid}/` : "/api/v1/user",
    status: organizations ? there : stuck ? 409 : 204,
    apply: () => {
      for (const account of accountsOf(state, other)) {
        account.members.delete(other);
        addHistory(account, user, "members.updated", other);
      }
      other.there = false;
    },
  };
};

const createToken: Command = (_state, { user, token }) => ({
  method: "POST",
  path: "/api/v1/user/pa_tokens",
  body: { description: user.mark },
  status: token === undefined ? 201 : 403,
  apply: ({ body }) => user.tokens.push({ id: body.id, token: body.token, good: true }),
});

const deleteToken: Command = (state, { user }, { on }) => {
  const found = pick(
    state.users.flatMap(({ tokens }) => tokens),
    on,
  );
  if (found === undefined) return undefined;
  return {
    method: "DELETE",
    path: `/api/v1/user/pa_token/${found.id}`,
    status: found.good && user.tokens.includes(found) ? 204 : 404,
    apply: () => (found.good = false),
  };
};

export const userCommands = { createUser, activate, regroup, deleteUser, createToken, deleteToken };
