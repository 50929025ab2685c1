import { fixtures } from "../data/fixtures.ts";
import type { Operation, Targets } from "./operation.ts";

/** Returns the operations that change the database. Each request changes another row. */
export function writeOperations({ next, members }: Targets): Operation[] {
  const roles = members.map(() => "AMEMBER");
  let turn = 0;
  return [
    {
      name: "create account",
      caller: "owner",
      method: "POST",
      path: "/api/v1/accounts",
      body: () => JSON.stringify({ slug: `created-${next()}` }),
      bare: "createAccount",
    },
    {
      name: "update member",
      caller: "owner",
      method: "PATCH",
      path: `/api/v1/account/${fixtures.crowd}/users`,
      body: () => {
        // The next member, so that simultaneous requests change different members.
        const index = (turn += 1) % members.length;
        const role = roles[index] === "AMEMBER" ? "AOWNER" : "AMEMBER";
        roles[index] = role;
        return JSON.stringify({ add: [{ id: members[index], role }] });
      },
      bare: "updateMember",
    },
    {
      name: "invite",
      caller: "owner",
      method: "POST",
      path: () => `/api/v1/account/bench-counted-${next() % fixtures.counted}/invite`,
      body: () => JSON.stringify({ email: `invited.${next()}@example.org` }),
      bare: "invite",
      billed: { queueOperations: 3 },
    },
  ];
}
