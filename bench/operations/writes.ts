import { shapes } from "../data/shapes.ts";
import type { Operation, Targets } from "./operation.ts";

/** The operations that change the database; each request is one of its own. */
export function writeOperations({ next, members }: Targets): Operation[] {
  const roles = members.map(() => "AMEMBER");
  let turn = 0;
  return [
    {
      name: "create account",
      caller: "owner",
      method: "POST",
      path: "/api/v1/accounts",
      body: () => JSON.stringify({ slug: `made-${next()}` }),
      bare: "createAccount",
    },
    {
      name: "update member",
      caller: "owner",
      method: "PATCH",
      path: `/api/v1/account/${shapes.crowd}/users`,
      body: () => {
        // One member after the other, so that a role is not changed twice at once.
        const place = (turn += 1) % members.length;
        const role = roles[place] === "AMEMBER" ? "AOWNER" : "AMEMBER";
        roles[place] = role;
        return JSON.stringify({ add: [{ id: members[place], role }] });
      },
      bare: "updateMember",
    },
    {
      name: "invite",
      caller: "owner",
      method: "POST",
      path: () => `/api/v1/account/bench-counted-${next() % shapes.counted}/invite`,
      body: () => JSON.stringify({ email: `invited.${next()}@example.org` }),
      bare: "invite",
      also: { queueOperations: 3 },
    },
  ];
}
