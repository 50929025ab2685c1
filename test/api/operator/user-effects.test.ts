/** Effects of groups, types and deactivation on a user. */
import { describe, expect, it } from "vitest";

import { createAccessToken } from "../../support/access-tokens.ts";
import {
  addMember,
  type Caller,
  createAccount,
  createOperator,
  createUser,
  statusAndBody,
} from "../../support/fixtures.ts";
import { effort } from "../../support/effort.ts";
import {
  accountPath,
  getBody,
  noRole,
  operatorPath,
  sortedStatuses,
  userPath,
  userRefOf,
} from "../../support/operator.ts";

const inactive = { status: 401, body: { detail: "User inactive or deleted" } };
const inactiveThere = { status: 401, body: { detail: "User inactive or deleted." } };
const lastOwner = {
  status: 409,
  body: { detail: "An account must keep at least one active owner. Make another member an owner first." },
};

async function start() {
  const root = await createOperator();
  const user = await createUser();
  const path = userPath(await userRefOf(user));
  const set = async (body: unknown) => (await root.patch(path, body)).status;
  return { root, user, path, set };
}

describe("a user in a group", () => {
  it("a user has a group's permissions from the next request on, until they leave it [R6]", async () => {
    const { user, set } = await start();
    const account = await createAccount(await createUser());
    const [own, there] = [`/api/v1/account/${account.id}`, `/accounts/organizations/${account.id}/`];
    const allowed = async () =>
      [await user.get(own), await user.get(there), await user.patch(own, { title: "By a group" })].map(
        ({ status }) => status,
      );
    expect(await allowed()).toEqual([403, 404, 403]);
    expect(await set({ groups: [3] })).toBe(200);
    expect(await allowed()).toEqual([200, 200, 403]);
    expect((await getBody(user, "/accounts/organizations/?page_size=100")).count).toBeGreaterThan(0);
    expect(await set({ groups: [1] })).toBe(200);
    expect(await allowed()).toEqual([200, 200, 200]);
    expect(statusAndBody(await user.get(accountPath(account)))).toEqual({ status: 403, body: noRole });
    expect(await set({ groups: [] })).toBe(200);
    expect(await allowed()).toEqual([403, 404, 403]);
  });

  it("a user has a group's permissions with a personal access token too", async () => {
    const { user, set } = await start();
    const account = await createAccount(await createUser());
    const { bearer } = await createAccessToken(user);
    const read = async () => (await bearer.get(`/api/v1/account/${account.id}`)).status;
    expect(await read()).toBe(403);
    await set({ groups: [3] });
    expect(await read()).toBe(200);
    await set({ groups: [] });
    expect(await read()).toBe(403);
  });

  it("a user's group is visible in the organizations API and their type in the accounts API", async () => {
    const { root, user, path, set } = await start();
    await set({ groups: [2, 3], type: "READONLY" });
    expect(await getBody(user, "/api/v1/user")).toMatchObject({ type: "READONLY" });
    const { id } = await getBody(root, path);
    expect(await getBody(root, `/accounts/users/${id}/`)).toMatchObject({ groups: [2, 3], is_active: true });
    await root.patch(`/accounts/users/${id}/`, { groups: [1], is_active: false });
    expect(await getBody(root, path)).toMatchObject({ groups: [1], type: "READONLY", is_active: false });
  });
});

describe("a type", () => {
  it.each(["DEALER", "USER", "READONLY", "MANAGER", "SALES"])(
    "the type %s grants no permissions",
    async (type) => {
      const { user, set } = await start();
      const account = await createAccount(await createUser());
      expect(await set({ type })).toBe(200);
      expect((await user.get(`/api/v1/account/${account.id}`)).status).toBe(403);
      expect(statusAndBody(await user.get(`${operatorPath}/@accounts`))).toEqual({
        status: 403,
        body: noRole,
      });
    },
  );
});

describe("a deactivated user", () => {
  it("a deactivated user is rejected by all APIs until they are active again", async () => {
    const { user, set } = await start();
    const account = await createAccount(await createUser());
    await addMember(account, user);
    const { bearer } = await createAccessToken(user);
    const requests = [user, bearer].flatMap((caller: Caller) => [
      [() => caller.get("/api/v1/user"), inactive] as const,
      [() => caller.patch("/api/v1/user", { name: "No" }), inactive] as const,
      [() => caller.get(`/api/v1/account/${account.id}`), inactive] as const,
      [() => caller.get(`${operatorPath}/@accounts`), inactive] as const,
      [() => caller.get("/accounts/organizations/"), inactiveThere] as const,
    ]);
    expect(await set({ is_active: false })).toBe(200);
    for (const [send, refused] of requests) expect(statusAndBody(await send())).toEqual(refused);
    expect(await set({ is_active: false })).toBe(200);
    expect(await set({ is_active: true })).toBe(200);
    for (const caller of [user, bearer])
      expect((await caller.get(`/api/v1/account/${account.id}`)).status).toBe(200);
  });

  it("the last active owner of an account cannot be deactivated", async () => {
    const { root, user, path } = await start();
    const account = await createAccount(user);
    const second = await createUser();
    const before = await getBody(root, path);
    const body = { is_active: false, type: "SALES", groups: [1] };
    expect(statusAndBody(await root.patch(path, body))).toEqual(lastOwner);
    expect(await getBody(root, path)).toEqual(before);
    await addMember(account, second);
    expect(statusAndBody(await root.patch(path, body))).toEqual(lastOwner);
    const third = await createUser();
    await addMember(account, third, "AOWNER");
    expect((await root.patch(path, body)).status).toBe(200);
    const last = { is_active: false };
    expect(statusAndBody(await root.patch(userPath(await userRefOf(third)), last))).toEqual(lastOwner);
    expect((await root.patch(userPath(await userRefOf(second)), last)).status).toBe(200);
  });

  it("of all owners, deactivated simultaneously, one stays active [R11]", async () => {
    const root = await createOperator();
    for (let round = 0; round < effort(3, 10); round += 1) {
      const owners = [await createUser(), await createUser(), await createUser()];
      const account = await createAccount(owners[0] ?? root);
      for (const owner of owners.slice(1)) await addMember(account, owner, "AOWNER");
      const paths = [];
      for (const owner of owners) paths.push(userPath(await userRefOf(owner)));
      const answers = await Promise.all(paths.map((path) => root.patch(path, { is_active: false })));
      expect(sortedStatuses(answers)).toEqual([200, 200, 409]);
    }
  });

  it("a deactivated operator is an operator again when they are active again", async () => {
    const root = await createOperator();
    const sub = `second-operator`;
    const second = await createUser({ sub, email: "root@example.com" });
    const path = userPath(await userRefOf(second));
    expect((await second.get(`${operatorPath}/@zones`)).status).toBe(200);
    expect((await root.patch(path, { is_active: false })).status).toBe(200);
    expect(statusAndBody(await second.get(`${operatorPath}/@zones`))).toEqual(inactive);
    expect((await root.patch(path, { is_active: true })).status).toBe(200);
    expect((await second.get(`${operatorPath}/@zones`)).status).toBe(200);
  });
});
