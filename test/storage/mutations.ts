import { type OperationId, operations } from "../../src/domain/permissions.ts";
import { costs } from "../support/costs/all.ts";
import { accountPath as account, type SendOperation } from "../support/costs/operation-cost.ts";
import { runStatements } from "../support/database.ts";
import { addMember, createAccount, createUser, unique } from "../support/fixtures.ts";
import { invitationToken, setInvite, storeInvite, uniqueEmail } from "../support/invitations.ts";
import { createColleague, userPath } from "../support/organization-users.ts";

/** A request that changes something. */
export interface Mutation {
  readonly name: string;
  /** The caller: the account's owner, the operator, or a user who has never signed in. */
  readonly as: "owner" | "operator" | "newcomer";
  readonly status: number;
  /** Whether an Idempotency-Key is stored with it. */
  readonly keyed?: boolean;
  /** Number of audit rows, 1 by default. Deleting a user adds one for each of their accounts. */
  readonly audits?: number;
  readonly send: SendOperation;
}

const changing = (Object.keys(costs) as OperationId[]).filter((id) => costs[id].roundTrips === 2);

/** Every operation that changes something, and combined changes of some of them. */
export const mutations: readonly Mutation[] = [
  ...changing.map((id) => ({
    name: id,
    as: operations[id] === "manage" ? ("operator" as const) : ("owner" as const),
    status: costs[id].status,
    keyed: costs[id].keyed !== undefined,
    audits: id === "deleteUser" || id === "deleteAuthenticatedUser" ? 2 : 1,
    send: costs[id].send,
  })),
  {
    name: "createUser with groups",
    as: "operator",
    status: 201,
    keyed: true,
    send: (caller, made) =>
      caller.post(`/accounts/users/?organization=${made.id}`, { email: uniqueEmail(), groups: [2, 3] }),
  },
  {
    name: "updateUser with groups",
    as: "operator",
    status: 200,
    send: async (caller, made) => {
      const { uuid } = await createColleague([made]);
      return caller.put(userPath(uuid), { first_name: "Another", groups: [1] });
    },
  },
  {
    name: "deleteUser of a user who has signed in",
    as: "operator",
    status: 204,
    audits: 2,
    send: async (caller, made) => {
      const user = await createUser();
      await addMember(made, user);
      return caller.delete(userPath((await user.get("/api/v1/user")).body.id));
    },
  },
  {
    name: "modifyAccount with a new slug",
    as: "owner",
    status: 200,
    send: (caller, made) => caller.patch(account(made), { slug: unique("other"), title: "Another" }),
  },
  {
    name: "updateMembers with all kinds of changes",
    as: "owner",
    status: 204,
    send: async (caller, made) => {
      const [promoted, leaving] = [await createColleague([made]), await createColleague([made])];
      const demoted = await createColleague([made], { role: "AOWNER" });
      const [owner, member] = [await createColleague([]), await createColleague([])];
      return caller.patch(`${account(made)}/users`, {
        add: [
          { id: demoted.uuid, role: "AMEMBER" },
          { id: member.uuid, role: "AMEMBER" },
          { id: owner.uuid, role: "AOWNER" },
          { id: promoted.uuid, role: "AOWNER" },
        ],
        delete: [leaving.uuid],
      });
    },
  },
  {
    name: "inviteToAccount of an invited address",
    as: "owner",
    status: 200,
    keyed: true,
    send: async (caller, made) => {
      const email = uniqueEmail();
      await storeInvite(made, "AMEMBER", email);
      return caller.post(`${account(made)}/invite`, { email, role: "AOWNER" });
    },
  },
  {
    name: "inviteToAccount of an address with an expired invitation",
    as: "owner",
    status: 200,
    keyed: true,
    send: async (caller, made) => {
      const email = uniqueEmail();
      await setInvite(await storeInvite(made, "AMEMBER", email), { valid_until: 1 });
      return caller.post(`${account(made)}/invite`, { email });
    },
  },
  {
    name: "acceptInvite by a member who becomes an owner",
    as: "owner",
    status: 200,
    send: async (caller) => {
      const made = await createAccount(await createUser());
      await runStatements([
        "INSERT INTO memberships (account_id, user_id, role, created_at) SELECT a.id, u.id, 'AMEMBER', 0 FROM accounts a, users u WHERE a.uuid = ? AND u.verified_email = ?",
        made.id,
        caller.email,
      ]);
      const token = await invitationToken(await storeInvite(made, "AOWNER"));
      return caller.post("/api/v1/invites/accept", { token });
    },
  },
  {
    name: "the first request of a user",
    as: "newcomer",
    status: 200,
    send: (caller) => caller.get("/api/v1/user"),
  },
  {
    name: "the first request of a user created by an owner",
    as: "newcomer",
    status: 200,
    send: async (caller, made) => {
      await createColleague([made], { email: caller.email });
      return caller.get("/api/v1/user");
    },
  },
];
