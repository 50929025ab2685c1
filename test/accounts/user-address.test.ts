/** The address users give themselves is how they are written to; it vouches for nothing. */
import { describe, expect, it } from "vitest";

import { answered } from "../organizations/requests.ts";
import { makeColleague } from "../organizations/users.ts";
import { makeAccount, operator, someone, unique, type Caller } from "../world.ts";
import { accept, invite, inviteSecret, lastInvite } from "./invites.ts";
import { bare, found, idOf, join, noRole } from "./members.ts";
import { read } from "./rows.ts";

const path = "/api/v1/user";
const done = { status: 200, text: "null" };

describe("an address one has given oneself", () => {
  it("makes nobody an operator", async () => {
    const user = await someone();
    expect(bare(await user.patch(path, { email: "root@example.com" }))).toEqual(done);
    expect((await user.get(path)).body).toMatchObject({ email: "root@example.com", type: "USER" });
    const { account } = await found();
    expect(answered(await user.get(`/api/v1/account/${account.slug}`))).toEqual(noRole);
  });

  it("opens nobody's invitations, and leaves one's own", async () => {
    const { owner, account } = await found();
    const [user, victim] = [await someone(), await someone()];
    await invite(owner, account, { email: victim.email });
    const { uuid } = await lastInvite(account, victim.email);
    await user.patch(path, { email: victim.email });
    expect((await user.get("/api/v1/user/invites")).body).toEqual([]);
    expect((await user.post(`/api/v1/user/invites/${uuid}/accept`)).status).toBe(403);
    const own = await makeAccount(owner);
    await invite(owner, own, { email: user.email });
    expect((await user.get("/api/v1/user/invites")).body).toMatchObject([{ account: { id: own.id } }]);
    expect((await accept(victim, await inviteSecret(uuid))).status).toBe(200);
  });

  it("tells nothing of how its owner signs in", async () => {
    const victim = await someone();
    const { slug } = await makeAccount(victim);
    const user = await someone();
    await user.patch(path, { email: victim.email });
    const ask = (caller: Caller, email: string) => caller.post("/accounts/login_url/", { email });
    expect((await ask(user, victim.email)).body).toEqual({ params: "/login/manual" });
    await user.patch(path, { email: "elsewhere@example.org" });
    const hint = (await ask(victim, victim.email)).body.params.split(/[.=]/)[2];
    expect(atob(hint)).toContain(slug);
  });

  it("binds nobody's sign-in: its real owner is another user", async () => {
    const address = `${unique("real")}@example.com`;
    const user = await someone();
    await user.patch(path, { email: address });
    const real = await someone({ email: address });
    expect(await idOf(real)).not.toBe(await idOf(user));
    const colleague = await makeColleague([], { email: `${unique("colleague")}@example.com` });
    await user.patch(path, { email: colleague.email });
    expect(await idOf(user)).not.toBe(colleague.uuid);
    expect(await idOf(await someone({ email: colleague.email }))).toBe(colleague.uuid);
  });

  it("is what others see, and stays when one signs in again", async () => {
    const { owner, account } = await found();
    const { caller: user, id } = await join(account);
    await user.patch(path, { email: "new@example.org" });
    expect((await owner.get(`/api/v1/account/${account.slug}/user/${id}`)).body.email).toBe(
      "new@example.org",
    );
    const again = await someone({ email: user.email, name: "New Name" });
    expect((await again.get(path)).body).toMatchObject({ id, email: "new@example.org", name: "" });
    expect(await read("SELECT email_key, verified_email FROM users WHERE uuid = ?", id)).toEqual({
      email_key: "new@example.org",
      verified_email: user.email,
    });
  });

  it("may be an operator's, who stays one", async () => {
    const root = await someone({ sub: unique("root"), email: "root@example.com" });
    await root.patch(path, { email: "private@example.org" });
    expect((await root.get(path)).body).toMatchObject({ email: "private@example.org", type: "ROOT" });
    expect((await (await operator()).get(path)).body).toMatchObject({ type: "ROOT" });
  });
});
