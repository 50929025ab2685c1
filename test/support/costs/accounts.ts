import { storeToken } from "../access-tokens.ts";
import { insertAccountOf, insertUser, runStatements } from "../database.ts";
import { type ApiResponse, type Caller, type TestAccount, unique } from "../fixtures.ts";
import { invitationToken, setInvite, storeInvite, uniqueEmail } from "../invitations.ts";
import { createImage, formWith, logoPath, storeLogo, upload } from "../logos.ts";
import { createColleague } from "../organization-users.ts";
import { accountPath as account, type OperationCost } from "./operation-cost.ts";

/** Costs of the accounts API. */
export const accountsCosts = {
  listAccounts: {
    send: (caller) => caller.get("/api/v1/accounts"),
    status: 200,
    roundTrips: 1,
    read: 6,
    written: 0,
    byToken: 7,
  },
  createAccount: {
    send: (caller) => caller.post("/api/v1/accounts", { slug: unique("new"), zone: "europe-1" }),
    status: 201,
    roundTrips: 2,
    read: 23,
    written: 17,
    keyed: { read: 25, written: 19, again: 5 },
    invalid: (caller) => caller.post("/api/v1/accounts", { slug: "Not A Slug" }),
  },
  getAccount: {
    send: (caller, made) => caller.get(account(made)),
    status: 200,
    roundTrips: 1,
    read: 5,
    written: 0,
    byToken: 6,
  },
  modifyAccount: {
    send: (caller, made) => caller.patch(account(made), { description: "What it is for" }),
    status: 200,
    roundTrips: 2,
    read: 13,
    written: 3,
    invalid: (caller, made) => caller.patch(account(made), { slug: "Not A Slug", saml: {} }),
    unchanged: {
      send: (caller, made) =>
        caller.patch(account(made), { title: made.title, description: null, saml: null }),
      read: 5,
    },
  },
  deleteAccount: {
    send: (caller, made) => caller.delete(account(made)),
    status: 204,
    roundTrips: 2,
    read: 21,
    written: 8,
  },
  getSlugStatus: {
    send: (caller, made) => caller.get(`/api/v1/account/${made.slug}/status`),
    status: 200,
    roundTrips: 1,
    read: 3,
    written: 0,
    byToken: 4,
  },
  getUser: {
    send: (caller) => caller.get("/api/v1/user"),
    status: 200,
    roundTrips: 1,
    read: 2,
    written: 0,
    byToken: 3,
  },
  getWelcome: {
    send: (caller) => caller.get("/api/v1/user/welcome"),
    status: 200,
    roundTrips: 1,
    read: 7,
    written: 0,
    byToken: 8,
  },
  listZones: {
    send: (caller) => caller.get("/api/v1/zones"),
    status: 200,
    roundTrips: 1,
    read: 4,
    written: 0,
    byToken: 5,
  },
  listAccountZones: {
    send: (caller, made) => caller.get(`${account(made)}/zones`),
    status: 200,
    roundTrips: 1,
    read: 7,
    written: 0,
    byToken: 8,
  },

  getAccountPermissions: {
    send: (caller, made) => caller.get(`${account(made)}/permissions?account_id=${made.id}`),
    status: 200,
    roundTrips: 1,
    read: 5,
    written: 0,
    byToken: 6,
    invalid: (caller, made) => caller.get(`${account(made)}/permissions`),
  },
  getMember: {
    send: async (caller, made) => caller.get(await member(made)),
    status: 200,
    roundTrips: 1,
    read: 11,
    written: 0,
    byToken: 12,
    invalid: (caller, made) => caller.get(`${account(made)}/user/nonsense`),
  },
  listMembers: {
    send: (caller, made) => caller.get(`${account(made)}/users`),
    status: 200,
    roundTrips: 1,
    read: 11,
    written: 0,
    byToken: 12,
  },
  updateMembers: {
    send: async (caller, made) => caller.patch(`${account(made)}/users`, { add: [await newcomer()] }),
    status: 204,
    roundTrips: 2,
    read: 32,
    written: 7,
    invalid: (caller, made) => caller.patch(`${account(made)}/users`, { add: [{ role: "boss" }] }),
    unchanged: {
      send: async (caller, made) => {
        const { uuid } = await createColleague([made]);
        return caller.patch(`${account(made)}/users`, { add: [{ id: uuid, role: "AMEMBER" }] });
      },
      read: 11,
    },
  },
  removeMember: {
    send: async (caller, made) => caller.delete(await member(made)),
    status: 204,
    roundTrips: 2,
    read: 26,
    written: 5,
    invalid: (caller, made) => caller.delete(`${account(made)}/user/nonsense`),
  },
  searchMembers: {
    send: (caller, made) =>
      caller.get(`${account(made)}/users/search?query=${encodeURIComponent(caller.email)}`),
    status: 200,
    roundTrips: 1,
    read: 11,
    written: 0,
    byToken: 12,
    invalid: (caller, made) => caller.get(`${account(made)}/users/search`),
  },
  getUsage: {
    send: (caller, made) => caller.get(`${account(made)}/usage?from=2026-01-01&aggregation=month`),
    status: 200,
    roundTrips: 1,
    objects: 1,
    read: 5,
    written: 0,
    byToken: 6,
    invalid: (caller, made) => caller.get(`${account(made)}/usage?from=nonsense`),
  },
  recordUsage: {
    send: (caller, made) => caller.post(`${account(made)}/usage`, { events: manyEvents() }),
    status: 200,
    roundTrips: 1,
    objects: 1,
    read: 5,
    written: 0,
    byToken: 6,
    invalid: (caller, made) => caller.post(`${account(made)}/usage`, { events: [{ id: "" }] }),
  },
  listAccountInvites: {
    send: async (caller, made) => {
      await storeInvite(made);
      return caller.get(`${account(made)}/invites`);
    },
    status: 200,
    roundTrips: 1,
    read: 12,
    written: 0,
    byToken: 13,
    invalid: (caller) => caller.get("/api/v1/account/nonsense/invites"),
  },
  inviteToAccount: {
    send: (caller, made) => caller.post(`${account(made)}/invite`, { email: uniqueEmail(), role: "AOWNER" }),
    status: 200,
    roundTrips: 2,
    read: 22,
    written: 12,
    keyed: { read: 24, written: 14, again: 10 },
    invalid: (caller, made) => caller.post(`${account(made)}/invite`, { email: "nobody" }),
    unchanged: {
      send: async (caller, made) => {
        const email = uniqueEmail();
        await setInvite(await storeInvite(made, "AOWNER", email), { sent_at: Date.now() });
        return caller.post(`${account(made)}/invite`, { email, role: "AOWNER" });
      },
      read: 7,
    },
  },
  deleteAccountInvite: {
    send: async (caller, made) => {
      const email = uniqueEmail();
      await storeInvite(made, "AOWNER", email);
      return caller.delete(`${account(made)}/invite/${email}`);
    },
    status: 204,
    roundTrips: 2,
    read: 17,
    written: 3,
    invalid: (caller, made) => caller.delete(`${account(made)}/invite/nobody`),
  },
  previewInvite: {
    send: async (caller, made) =>
      caller.post("/api/v1/invites/preview", { token: await invitationToken(await storeInvite(made)) }),
    status: 200,
    roundTrips: 1,
    read: 2,
    written: 0,
  },
  acceptInvite: {
    send: async (caller) =>
      caller.post("/api/v1/invites/accept", { token: await invitationToken(await invited(caller)) }),
    status: 200,
    roundTrips: 2,
    read: 23,
    written: 9,
    invalid: (caller) => caller.post("/api/v1/invites/accept", {}),
    unchanged: {
      send: async (caller) =>
        caller.post("/api/v1/invites/accept", { token: await invitationToken(await accepted(caller)) }),
      read: 5,
    },
  },
  listReceivedInvitations: {
    send: async (caller) => {
      await invited(caller);
      return caller.get("/api/v1/user/invites");
    },
    status: 200,
    roundTrips: 1,
    read: 4,
    neighbours: 1,
    written: 0,
    byToken: 7,
  },
  acceptReceivedInvitation: {
    send: async (caller) => caller.post(`/api/v1/user/invites/${await invited(caller)}/accept`),
    status: 200,
    roundTrips: 2,
    read: 23,
    written: 9,
    invalid: (caller) => caller.post("/api/v1/user/invites/nonsense/accept"),
    unchanged: {
      send: async (caller) => caller.post(`/api/v1/user/invites/${await accepted(caller)}/accept`),
      read: 5,
    },
  },
  exportAccount: {
    send: (caller, made) => caller.get(`${account(made)}/export`),
    status: 200,
    roundTrips: 1,
    objects: 1,
    read: 21,
    written: 0,
    byToken: 22,
  },
  listAccountAudit: {
    send: (caller, made) => caller.get(`${account(made)}/audit`),
    status: 200,
    roundTrips: 1,
    read: 11,
    written: 0,
    byToken: 12,
    invalid: (caller, made) => caller.get(`${account(made)}/audit?limit=0`),
  },
  downloadLogo: {
    send: async (caller, made) => {
      await storeLogo(made);
      return caller.get(logoPath(made));
    },
    status: 200,
    roundTrips: 1,
    read: 5,
    written: 0,
    byToken: 6,
    invalid: (caller, made) => caller.get(logoPath(made, "nonsense")),
  },
  uploadLogo: {
    send: (caller, made) => upload(caller, made, createImage()),
    status: 204,
    roundTrips: 2,
    read: 13,
    written: 3,
    invalid: (caller, made) => caller.patch(logoPath(made), undefined, { raw: formWith(new Uint8Array()) }),
    unchanged: {
      send: async (caller, made) => {
        const image = createImage();
        await storeLogo(made, image);
        return upload(caller, made, image);
      },
      read: 5,
    },
  },
  deleteLogo: {
    send: async (caller, made) => {
      await storeLogo(made);
      return caller.delete(logoPath(made));
    },
    status: 204,
    roundTrips: 2,
    read: 13,
    written: 3,
    invalid: (caller, made) => caller.delete(`${account(made)}/logo.png`),
  },
  modifyUser: {
    send: (caller) => caller.patch("/api/v1/user", { language: "EN" }),
    status: 200,
    roundTrips: 2,
    read: 7,
    written: 3,
    invalid: (caller) => caller.patch("/api/v1/user", { email: "nobody" }),
    unchanged: { send: (caller) => caller.patch("/api/v1/user", {}), read: 2 },
  },
  deleteAuthenticatedUser: {
    send: leave,
    status: 204,
    roundTrips: 2,
    read: 58,
    written: 11,
  },
  listAccessTokens: {
    send: async (caller) => {
      await storeToken(caller);
      return caller.get("/api/v1/user/pa_tokens");
    },
    status: 200,
    roundTrips: 1,
    read: 5,
    written: 0,
    byToken: 8,
  },
  createAccessToken: {
    send: (caller) => caller.post("/api/v1/user/pa_tokens", { description: "A job" }),
    status: 201,
    roundTrips: 2,
    read: 7,
    written: 3,
    keyed: { read: 9, written: 5, again: 4 },
    invalid: (caller) => caller.post("/api/v1/user/pa_tokens", { description: "" }),
  },
  deleteAccessToken: {
    send: async (caller) => caller.delete(`/api/v1/user/pa_token/${(await storeToken(caller)).id}`),
    status: 204,
    roundTrips: 2,
    read: 10,
    written: 2,
    invalid: (caller) => caller.delete("/api/v1/user/pa_token/nonsense"),
  },
} satisfies Record<string, OperationCost>;

/** Returns the path of a new member. */
async function member(made: TestAccount): Promise<string> {
  return `${account(made)}/user/${(await createColleague([made])).uuid}`;
}

/** As many events as one request may have. */
function manyEvents(): object[] {
  return Array.from({ length: 1_000 }, (_, at) => ({
    id: `event ${at}`,
    metric: "pages_processed",
    value: at,
  }));
}

/** Creates a user without an account. */
async function newcomer(): Promise<{ id: string; role: string }> {
  return { id: (await createColleague([])).uuid, role: "AMEMBER" };
}

/** Invites the caller to another user's account. */
async function invited({ email }: Caller): Promise<string> {
  const { uuid, slug } = await insertAccountOf(await insertUser());
  return storeInvite({ id: uuid, slug, title: "" }, "AMEMBER", email);
}

/** Creates an invitation that the caller has accepted. */
async function accepted(caller: Caller): Promise<string> {
  const uuid = await invited(caller);
  await runStatements([
    "UPDATE invites SET state = 'accepted', accepted_by = (SELECT id FROM users WHERE verified_email = ?) WHERE uuid = ?",
    caller.email,
    uuid,
  ]);
  return uuid;
}

/** Deletes the caller after giving their accounts another owner. Waits a second, the precision of a token's `iat`. */
async function leave(caller: Caller): Promise<ApiResponse> {
  const { uuid } = await createColleague([]);
  await runStatements([
    `INSERT INTO memberships (account_id, user_id, role, created_at)
     SELECT account_id, (SELECT id FROM users WHERE uuid = ?), 'AOWNER', 0 FROM memberships
     WHERE role = 'AOWNER' AND user_id = (SELECT id FROM users WHERE verified_email = ?)`,
    uuid,
    caller.email,
  ]);
  const answer = await caller.delete("/api/v1/user");
  if (answer.status === 204) await scheduler.wait(1_000);
  return answer;
}
