import { describe, expect, it } from "vitest";

import { execute } from "../../support/database.ts";
import { type ApiResponse, type Caller, createAccount, createUser, unique } from "../../support/fixtures.ts";
import { workerWith } from "../../support/worker.ts";

function me(caller: Caller): Promise<ApiResponse> {
  return caller.get("/api/v1/user");
}

const other = { issuer: "https://other.test" } as const;

describe("how operators are recognised", () => {
  const root = "root@example.com";
  const type = async (claims: Record<string, unknown>, options?: typeof other) =>
    (await me(await createUser({ sub: unique("sub"), ...claims }, options))).body.type;

  it("a verified address of a trusted issuer makes an operator, in any case", async () => {
    expect(await type({ email: root })).toBe("ROOT");
    expect(await type({ email: "Root@Example.com" })).toBe("ROOT");
  });

  it("an unverified address makes no operator", async () => {
    expect(await type({ email: root, email_verified: false })).toBe("USER");
    expect(await type({ email: root }, other)).toBe("USER");
  });

  it("issuer and subject make an operator, whatever the address", async () => {
    const sub = "operator-by-subject";
    expect(await type({ sub, email: `${unique()}@example.com`, email_verified: false })).toBe("ROOT");
    expect(await type({ sub }, other)).toBe("USER");
  });

  it("neither role claims nor the stored address make an operator", async () => {
    const user = await createUser({ type: "ROOT", roles: ["ROOT"], groups: [1] });
    const { id } = (await me(user)).body;
    await execute("UPDATE users SET email = ?, email_key = ? WHERE uuid = ?", root, root, id);
    const answer = await me(user);
    expect(answer.body).toMatchObject({ email: root, type: "USER" });
    const foreign = await createAccount(await createUser());
    expect((await user.get(`/api/v1/account/${foreign.slug}`)).status).toBe(403);
  });

  it("a user removed from OPERATORS is no operator", async () => {
    const user = await createUser({ sub: unique("sub"), email: root });
    expect((await me(user)).body.type).toBe("ROOT");
    expect((await me(user.via(workerWith({ OPERATORS: "" })))).body.type).toBe("USER");
  });
});
