import { operations, type OperationId } from "../../src/domain/permissions.ts";
import { anAddress, inviteToken, setInvite, storeInvite } from "../organizations/invitations.ts";
import { makeColleague, oneUser } from "../organizations/users.ts";
import { addMember, makeAccount, someone, unique } from "../world.ts";
import { accountPath as account, type Send } from "./cost.ts";
import { costs } from "./operation-costs.ts";
import { run } from "./rows.ts";

/** A request that changes something. */
export interface Change {
  readonly name: string;
  /** Who asks: the owner of the account, the operator, or one whom the service has not seen yet. */
  readonly as: "owner" | "operator" | "newcomer";
  readonly status: number;
  /** Whether an Idempotency-Key is kept with it. */
  readonly keyed?: boolean;
  /** How many audit rows tell of it, one unless told: a deleted user is told of in each of their accounts too. */
  readonly audits?: number;
  readonly send: Send;
}

const changing = (Object.keys(costs) as OperationId[]).filter((id) => costs[id].trips === 2);

/** Every changing operation, and what else some of them can be asked to do at once. */
export const changes: readonly Change[] = [
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
      caller.post(`/accounts/users/?organization=${made.id}`, { email: anAddress(), groups: [2, 3] }),
  },
  {
    name: "updateUser with groups",
    as: "operator",
    status: 200,
    send: async (caller, made) => {
      const { uuid } = await makeColleague([made]);
      return caller.put(oneUser(uuid), { first_name: "Another", groups: [1] });
    },
  },
  {
    name: "deleteUser of one who has signed in",
    as: "operator",
    status: 204,
    audits: 2,
    send: async (caller, made) => {
      const user = await someone();
      await addMember(made, user);
      return caller.delete(oneUser((await user.get("/api/v1/user")).body.id));
    },
  },
  {
    name: "modifyAccount, its slug too",
    as: "owner",
    status: 200,
    send: (caller, made) => caller.patch(account(made), { slug: unique("other"), title: "Another" }),
  },
  {
    name: "updateMembers of every kind at once",
    as: "owner",
    status: 204,
    send: async (caller, made) => {
      const [promoted, leaving] = [await makeColleague([made]), await makeColleague([made])];
      const demoted = await makeColleague([made], { role: "AOWNER" });
      const [owner, member] = [await makeColleague([]), await makeColleague([])];
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
    name: "inviteToAccount of who is invited already",
    as: "owner",
    status: 200,
    keyed: true,
    send: async (caller, made) => {
      const email = anAddress();
      await storeInvite(made, "AMEMBER", email);
      return caller.post(`${account(made)}/invite`, { email, role: "AOWNER" });
    },
  },
  {
    name: "inviteToAccount of whose invitation has ended",
    as: "owner",
    status: 200,
    keyed: true,
    send: async (caller, made) => {
      const email = anAddress();
      await setInvite(await storeInvite(made, "AMEMBER", email), { valid_until: 1 });
      return caller.post(`${account(made)}/invite`, { email });
    },
  },
  {
    name: "acceptInvite of a member who becomes an owner",
    as: "owner",
    status: 200,
    send: async (caller) => {
      const made = await makeAccount(await someone());
      await run([
        "INSERT INTO memberships (account_id, user_id, role, created_at) SELECT a.id, u.id, 'AMEMBER', 0 FROM accounts a, users u WHERE a.uuid = ? AND u.verified_email = ?",
        made.id,
        caller.email,
      ]);
      const token = await inviteToken(await storeInvite(made, "AOWNER"));
      return caller.post("/api/v1/invites/accept", { token });
    },
  },
  {
    name: "the first sight of a caller",
    as: "newcomer",
    status: 200,
    send: (caller) => caller.get("/api/v1/user"),
  },
  {
    name: "the first sight of a caller whom an owner has made",
    as: "newcomer",
    status: 200,
    send: async (caller, made) => {
      await makeColleague([made], { email: caller.email });
      return caller.get("/api/v1/user");
    },
  },
];
