import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

import { masked } from "../../../src/services/audit.ts";
import { queryRow, runStatements, setAccount } from "../../support/database.ts";
import {
  addMember,
  addToGroup,
  type Caller,
  createAccount,
  createOperator,
  createUser,
  type TestAccount,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import {
  createColleague,
  currentAnalyst,
  lastOwner,
  noSeat,
  type UserBody,
  userPath,
  usersPath,
} from "../../support/organization-users.ts";
import { effort } from "../../support/effort.ts";
import {
  createKnownUser,
  createMember,
  noOrganization,
  notAllowed,
  sendRaw,
} from "../../support/organizations.ts";

const none = "This field may not be null.";
const invalid = "Not a valid string.";
const noBoolean = "Must be a valid boolean.";
const noEmail = "Enter a valid email address.";
const unnamed = { organization: ["Specify an organization with ?organization= or X-Organization."] };

function shown(fields: Partial<UserBody>): object {
  return {
    id: expect.any(Number),
    uuid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    email: "",
    first_name: "",
    last_name: "",
    groups: [],
    is_active: true,
    ...fields,
  };
}

async function rolesOf({ id }: TestAccount): Promise<Record<string, unknown>> {
  const [rows] = await runStatements([
    "SELECT u.uuid, m.role FROM memberships m JOIN users u ON u.id = m.user_id JOIN accounts a ON a.id = m.account_id WHERE a.uuid = ?",
    id,
  ]);
  return Object.fromEntries((rows ?? []).map(({ uuid, role }) => [String(uuid), role]));
}

async function ownerOf(): Promise<{ owner: Caller; account: TestAccount }> {
  const owner = await createKnownUser();
  return { owner, account: await createAccount(owner) };
}

describe("creating a user", () => {
  it("a new user is a member of the owner's only account", async () => {
    const { owner, account } = await ownerOf();
    const fields = { email: "Ada@Example.com", first_name: "Ada", last_name: "Lovelace" };
    const made = await owner.post(usersPath, fields);
    expect(statusAndBody(made)).toEqual({ status: 201, body: shown(fields) });
    expect(statusAndBody(await owner.get(userPath(made.body.uuid)))).toEqual({
      status: 200,
      body: made.body,
    });
    const me = await currentAnalyst(owner);
    expect(await rolesOf(account)).toEqual({ [me.uuid]: "AOWNER", [made.body.uuid]: "AMEMBER" });
  });

  it("a user can be created without any field", async () => {
    const { owner } = await ownerOf();
    expect(statusAndBody(await owner.post(usersPath, {}))).toEqual({ status: 201, body: shown({}) });
    expect(statusAndBody(await owner.post(usersPath))).toEqual({ status: 201, body: shown({}) });
  });

  it("read-only and unknown fields of a new user are ignored [R7]", async () => {
    const { owner } = await ownerOf();
    const uuid = crypto.randomUUID();
    const made = await owner.post(usersPath, { uuid, id: 1, type: "ROOT", name: "N", is_superuser: true });
    expect(statusAndBody(made)).toEqual({ status: 201, body: shown({}) });
    expect(made.body.uuid).not.toBe(uuid);
    expect(await queryRow("SELECT type FROM users WHERE uuid = ?", made.body.uuid)).toEqual({ type: "USER" });
  });

  it("a created user becomes the one who signs in with the address", async () => {
    const { owner, account } = await ownerOf();
    const email = `${unique("bound")}@example.com`;
    const made = await owner.post(usersPath, { email: email.toUpperCase(), first_name: "Ada" });
    const user = await createUser({ email });
    expect((await user.get("/api/v1/user")).body.id).toBe(made.body.uuid);
    expect((await user.get(`/api/v1/account/${account.id}`)).status).toBe(200);
  });

  it("two users created with one address belong to nobody who signs in with it [R30]", async () => {
    const { owner } = await ownerOf();
    const email = `${unique("twice")}@example.com`;
    const made = [await owner.post(usersPath, { email }), await owner.post(usersPath, { email })];
    expect(made.map(({ status }) => status)).toEqual([201, 201]);
    const me = await currentAnalyst(await createUser({ email }));
    expect(made.map(({ body }) => body.uuid)).not.toContain(me.uuid);
  });

  it("a user is created in the named organization: by uuid, by slug in any case or by header, with the query before the header", async () => {
    const { owner, account } = await ownerOf();
    const second = await createAccount(owner);
    expect(statusAndBody(await owner.post(usersPath, {}))).toEqual({ status: 400, body: unnamed });
    const named = (name: string) => owner.post(`${usersPath}?organization=${name}`, {});
    const header = (name: string, query = "") =>
      owner.post(`${usersPath}${query}`, {}, { headers: { "X-Organization": name } });
    for (const answer of [
      await named(second.id),
      await named(second.slug.toUpperCase()),
      await header(second.slug),
      await header(second.id, "?organization="),
      await header(account.slug, `?organization=${second.slug}`),
    ]) {
      expect(answer.status).toBe(201);
      expect(await rolesOf(second)).toHaveProperty(answer.body.uuid, "AMEMBER");
    }
    expect(Object.keys(await rolesOf(account))).toHaveLength(1);
  });

  it("a creation without an organization, by a member or by an outsider is rejected before the body is read", async () => {
    const { account } = await ownerOf();
    const member = await createMember(account);
    const outsider = await createUser();
    const wrong = { email: "nobody" };
    expect(statusAndBody(await outsider.post(usersPath, wrong))).toEqual({ status: 400, body: unnamed });
    expect(statusAndBody(await member.post(usersPath, wrong))).toEqual({ status: 403, body: notAllowed });
    for (const name of [account.slug, account.id, unique("nothing"), crypto.randomUUID()]) {
      expect(statusAndBody(await outsider.post(`${usersPath}?organization=${name}`, wrong))).toEqual({
        status: 404,
        body: noOrganization,
      });
    }
    for (const group of [2, 3] as const) {
      const caller = await createUser();
      await addToGroup(caller, group);
      expect(statusAndBody(await caller.post(usersPath, {}))).toEqual({ status: 400, body: unnamed });
      expect(statusAndBody(await caller.post(`${usersPath}?organization=${account.slug}`, {}))).toEqual({
        status: 403,
        body: notAllowed,
      });
    }
    expect(Object.keys(await rolesOf(account))).toHaveLength(2);
  });

  it("a caller who may write all users needs no organization, and a named one gets the user as a member", async () => {
    const { account } = await ownerOf();
    const admin = await createUser();
    await addToGroup(admin, 1);
    for (const caller of [admin, await createOperator()]) {
      const free = await caller.post(usersPath, { groups: [3, 2] });
      expect(statusAndBody(free)).toEqual({ status: 201, body: shown({ groups: [2, 3] }) });
      expect(
        await queryRow(
          "SELECT count(*) AS count FROM memberships m JOIN users u ON u.id = m.user_id WHERE u.uuid = ?",
          free.body.uuid,
        ),
      ).toEqual({ count: 0 });
      const member = await caller.post(`${usersPath}?organization=${account.slug}`, {});
      expect(await rolesOf(account)).toHaveProperty(member.body.uuid, "AMEMBER");
      expect(statusAndBody(await caller.post(`${usersPath}?organization=${unique("nothing")}`, {}))).toEqual({
        status: 404,
        body: noOrganization,
      });
    }
  });

  it("a new user needs a free seat, which members and pending but not expired invitations take", async () => {
    const { owner, account } = await ownerOf();
    await setAccount(account, { max_users: 3 });
    const invite = (until: number) =>
      runStatements([
        `INSERT INTO invites (uuid, account_id, email, email_key, role, sent_at, valid_until, created_at)
         SELECT ?1, id, ?1, ?1, 'AMEMBER', 0, ?2, 0 FROM accounts WHERE uuid = ?3`,
        crypto.randomUUID(),
        until,
        account.id,
      ]);
    await invite(1);
    await invite(Date.now() + 1_000_000);
    expect((await owner.post(usersPath, {})).status).toBe(201);
    expect(statusAndBody(await owner.post(usersPath, { email: "late@example.com" }))).toEqual({
      status: 400,
      body: noSeat,
    });
    expect((await owner.get(usersPath)).body.count).toBe(2);
  });
});

const fields: readonly { readonly name: string; readonly value: unknown; readonly sentence: unknown }[] = [
  { name: "email", value: null, sentence: none },
  { name: "email", value: true, sentence: invalid },
  { name: "email", value: ["a@example.com"], sentence: invalid },
  { name: "email", value: { a: 1 }, sentence: invalid },
  { name: "email", value: "nobody", sentence: noEmail },
  { name: "email", value: "a b@example.com", sentence: noEmail },
  { name: "email", value: 7, sentence: noEmail },
  { name: "email", value: "a\0@example.com", sentence: undefined },
  { name: "first_name", value: null, sentence: none },
  { name: "first_name", value: false, sentence: invalid },
  { name: "last_name", value: null, sentence: none },
  { name: "last_name", value: [], sentence: invalid },
  { name: "first_name", value: "a\nb", sentence: "Control characters are not allowed." },
  { name: "last_name", value: "a\0b", sentence: "Null characters are not allowed." },
  {
    name: "first_name",
    value: "x".repeat(151),
    sentence: "Ensure this field has no more than 150 characters.",
  },
  {
    name: "last_name",
    value: "\u{1f600}".repeat(151),
    sentence: "Ensure this field has no more than 150 characters.",
  },
  { name: "is_active", value: null, sentence: none },
  { name: "is_active", value: "perhaps", sentence: noBoolean },
  { name: "is_active", value: "", sentence: noBoolean },
  { name: "is_active", value: 2, sentence: noBoolean },
  { name: "is_active", value: [], sentence: noBoolean },
  { name: "is_active", value: {}, sentence: noBoolean },
  { name: "groups", value: null, sentence: none },
  { name: "groups", value: "abc", sentence: 'Expected a list of items but got type "str".' },
  { name: "groups", value: "1", sentence: 'Expected a list of items but got type "str".' },
  { name: "groups", value: 1, sentence: 'Expected a list of items but got type "int".' },
  { name: "groups", value: { a: 1 }, sentence: 'Expected a list of items but got type "dict".' },
  { name: "groups", value: [true], sentence: "Incorrect type. Expected pk value, received bool." },
  { name: "groups", value: ["x"], sentence: "Incorrect type. Expected pk value, received str." },
  { name: "groups", value: [[1]], sentence: "Incorrect type. Expected pk value, received list." },
  { name: "groups", value: [99], sentence: 'Invalid pk "99" - object does not exist.' },
  { name: "groups", value: [-1], sentence: 'Invalid pk "-1" - object does not exist.' },
  { name: "groups", value: ["99"], sentence: 'Invalid pk "99" - object does not exist.' },
  { name: "groups", value: [1, 99], sentence: 'Invalid pk "99" - object does not exist.' },
  { name: "groups", value: [null], sentence: 'Invalid pk "None" - object does not exist.' },
];

describe("invalid fields", () => {
  it.each(fields)("the $name $value is rejected", async ({ name, value, sentence }) => {
    const root = await createOperator();
    const { uuid } = await createColleague([]);
    const before = await queryRow("SELECT * FROM users WHERE uuid = ?", uuid);
    for (const answer of [
      await root.post(usersPath, { [name]: value }),
      await root.put(userPath(uuid), { [name]: value }),
      await root.patch(userPath(uuid), { [name]: value }),
    ]) {
      if (sentence === undefined) expect(answer.status).toBe(400);
      else expect(statusAndBody(answer)).toEqual({ status: 400, body: { [name]: [sentence] } });
    }
    expect(await queryRow("SELECT * FROM users WHERE uuid = ?", uuid)).toEqual(before);
  });

  it("invalid fields are reported together", async () => {
    const { owner } = await ownerOf();
    expect(
      statusAndBody(
        await owner.post(usersPath, { email: "x", first_name: null, last_name: [], is_active: "x" }),
      ),
    ).toEqual({
      status: 400,
      body: { email: [noEmail], first_name: [none], last_name: [invalid], is_active: [noBoolean] },
    });
  });

  it("an unknown group is reported also to callers who may not assign groups", async () => {
    const { owner } = await ownerOf();
    expect(statusAndBody(await owner.post(usersPath, { groups: [99] }))).toEqual({
      status: 400,
      body: { groups: ['Invalid pk "99" - object does not exist.'] },
    });
  });

  it("a body that is not an object is rejected", async () => {
    const { owner } = await ownerOf();
    expect(statusAndBody(await owner.post(usersPath, []))).toEqual({
      status: 400,
      body: { non_field_errors: ["Invalid data. Expected a dictionary, but got list."] },
    });
  });
});

describe("valid fields", () => {
  const fitting: readonly { readonly name: string; readonly value: unknown; readonly stored: unknown }[] = [
    { name: "email", value: " Ada@Example.com\n", stored: "Ada@Example.com" },
    { name: "email", value: "", stored: "" },
    { name: "email", value: "  ", stored: "" },
    {
      name: "email",
      value: `a@${"b".repeat(61)}.${"c".repeat(61)}.${"d".repeat(61)}.${"e".repeat(62)}.ex`,
      stored: undefined,
    },
    { name: "first_name", value: "  Ada \t", stored: "Ada" },
    { name: "first_name", value: "\u202eA\u200bda", stored: "Ada" },
    { name: "last_name", value: "\u3164", stored: "" },
    { name: "first_name", value: "", stored: "" },
    { name: "last_name", value: 1.5, stored: "1.5" },
    { name: "last_name", value: "Cafe\u0301", stored: "Caf\u00e9" },
    { name: "last_name", value: "\u{1f600}".repeat(150), stored: undefined },
    { name: "is_active", value: true, stored: true },
    { name: "is_active", value: false, stored: false },
    { name: "is_active", value: "yes", stored: true },
    { name: "is_active", value: "T", stored: true },
    { name: "is_active", value: "on", stored: true },
    { name: "is_active", value: 1, stored: true },
    { name: "is_active", value: "0", stored: false },
    { name: "is_active", value: "No", stored: false },
    { name: "is_active", value: 0, stored: false },
    { name: "groups", value: ["1"], stored: [1] },
    { name: "groups", value: [3, 1, 3, "1"], stored: [1, 3] },
    { name: "groups", value: [], stored: [] },
  ];
  it.each(fitting)("the $name $value is accepted", async ({ name, value, stored = value }) => {
    const root = await createOperator();
    const { uuid } = await createColleague([]);
    const path = userPath(uuid);
    expect(statusAndBody(await root.post(usersPath, { [name]: value }))).toEqual({
      status: 201,
      body: { ...shown({}), [name]: stored },
    });
    expect((await root.patch(path, { [name]: value })).body).toMatchObject({ uuid, [name]: stored });
    expect((await root.put(path, { [name]: value })).body).toMatchObject({ uuid, [name]: stored });
    expect((await root.get(path)).body).toMatchObject({ uuid, [name]: stored });
  });

  it("an address of 255 characters is rejected", async () => {
    const { owner } = await ownerOf();
    const long = `a@${"b".repeat(61)}.${"c".repeat(61)}.${"d".repeat(61)}.${"e".repeat(63)}.exa`;
    expect(long.length).toBe(255);
    const answer = await owner.post(usersPath, { email: long });
    expect(answer.status).toBe(400);
    expect(answer.body.email).toContain("Ensure this field has no more than 254 characters.");
  });

  it("PUT and PATCH do not change missing fields", async () => {
    const { owner } = await ownerOf();
    const made = (await owner.post(usersPath, { email: "a@example.com", first_name: "A", last_name: "B" }))
      .body;
    const path = userPath(made.uuid);
    const put = await owner.put(path, { first_name: "C" });
    expect(statusAndBody(put)).toEqual({ status: 200, body: { ...made, first_name: "C" } });
    expect(statusAndBody(await owner.put(path, {}))).toEqual({ status: 200, body: put.body });
    expect(statusAndBody(await owner.patch(path, {}))).toEqual({ status: 200, body: put.body });
    expect(statusAndBody(await owner.patch(path, { ...made, id: 1, uuid: "x" }))).toEqual({
      status: 200,
      body: made,
    });
  });
});

describe("forms", () => {
  const entries: [string, string][] = [
    ["email", " form@example.com "],
    ["first_name", "Ada & Co"],
    ["groups", "3"],
    ["groups", "2"],
    ["is_active", "off"],
  ];
  const wanted = shown({
    email: "form@example.com",
    first_name: "Ada & Co",
    groups: [2, 3],
    is_active: false,
  });
  const type = "application/x-www-form-urlencoded";

  it("a urlencoded form creates and changes a user", async () => {
    const root = await createOperator();
    const body = new URLSearchParams(entries).toString();
    expect(statusAndBody(await sendRaw(root, "POST", usersPath, body, type))).toEqual({
      status: 201,
      body: wanted,
    });
    const { uuid } = await createColleague([]);
    expect((await sendRaw(root, "PUT", userPath(uuid), body, type)).body).toEqual(wanted);
    const one = await sendRaw(root, "PATCH", userPath(uuid), "groups=1", type);
    expect(one.body.groups).toEqual([1]);
    expect(statusAndBody(await sendRaw(root, "PATCH", userPath(uuid), "groups=1&groups=x", type))).toEqual({
      status: 400,
      body: { groups: ["Incorrect type. Expected pk value, received str."] },
    });
  });

  it("a multipart form creates and changes a user", async () => {
    const root = await createOperator();
    const form = new FormData();
    for (const [name, value] of entries) form.append(name, value);
    expect(statusAndBody(await sendRaw(root, "POST", usersPath, form))).toEqual({
      status: 201,
      body: wanted,
    });
    const { uuid } = await createColleague([]);
    expect((await sendRaw(root, "PATCH", userPath(uuid), form)).body).toEqual({ ...wanted, uuid });
    form.set("first_name", new File(["Ada"], "name.txt"));
    expect(statusAndBody(await sendRaw(root, "PATCH", userPath(uuid), form))).toEqual({
      status: 400,
      body: { first_name: [invalid] },
    });
  });
});

describe("the last owner", () => {
  it("the last owner can neither be deactivated nor deleted by anyone [R11]", async () => {
    const { owner, account } = await ownerOf();
    await createMember(account);
    await createColleague([account]);
    const me = await currentAnalyst(owner);
    for (const caller of [owner, await createOperator()]) {
      const refused = { status: 400, body: lastOwner };
      expect(statusAndBody(await caller.patch(userPath(me.uuid), { is_active: false }))).toEqual(refused);
      expect(statusAndBody(await caller.put(userPath(me.uuid), { is_active: false }))).toEqual(refused);
      expect(statusAndBody(await caller.delete(userPath(me.uuid)))).toEqual(refused);
    }
    expect(await currentAnalyst(owner)).toEqual(me);
    expect((await owner.patch(userPath(me.uuid), { is_active: true, first_name: "Still" })).status).toBe(200);
  });

  it("an owner is the last one if the other is not active", async () => {
    const { owner, account } = await ownerOf();
    const root = await createOperator();
    const { uuid } = await createColleague([account], { role: "AOWNER" });
    const me = await currentAnalyst(owner);
    expect((await root.patch(userPath(uuid), { is_active: false })).status).toBe(200);
    expect(statusAndBody(await owner.delete(userPath(me.uuid)))).toEqual({ status: 400, body: lastOwner });
    expect((await root.patch(userPath(uuid), { is_active: true })).status).toBe(200);
    expect((await owner.delete(userPath(me.uuid))).status).toBe(204);
  });

  it("a change that would remove the last owner of one account changes nothing in any account", async () => {
    const { owner, account } = await ownerOf();
    const second = await createKnownUser();
    await addMember(account, second, "AOWNER");
    await createAccount(second);
    const me = await currentAnalyst(second);
    const answer = await second.patch(userPath(me.uuid), { is_active: false, first_name: "Gone" });
    expect(statusAndBody(answer)).toEqual({ status: 400, body: lastOwner });
    expect(statusAndBody(await second.delete(userPath(me.uuid)))).toEqual({ status: 400, body: lastOwner });
    expect(await currentAnalyst(second)).toEqual(me);
    expect((await owner.get(usersPath)).body.count).toBe(2);
  });
});

/** Returns accounts without an active owner. */
function ownerless(): Promise<unknown> {
  return env.DB.prepare(
    "SELECT id FROM accounts WHERE id NOT IN (SELECT account_id FROM active_owners)",
  ).first();
}

describe("simultaneous requests", () => {
  it("twenty simultaneous creations for three seats create three members", async () => {
    const { owner, account } = await ownerOf();
    await setAccount(account, { max_users: 4 });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => owner.post(usersPath, { email: `racer${at}@example.com` })),
    );
    const statuses = answers.map(({ status }) => status).toSorted((left, right) => left - right);
    expect(statuses).toEqual([201, 201, 201, ...Array.from({ length: 17 }, () => 400)]);
    for (const { status, body } of answers) if (status === 400) expect(body).toEqual(noSeat);
    expect(Object.keys(await rolesOf(account))).toHaveLength(4);
    expect((await owner.get(usersPath)).body.count).toBe(4);
  });

  const moves: Readonly<Record<string, (caller: Caller, path: string) => ReturnType<Caller["get"]>>> = {
    deactivations: (caller, path) => caller.patch(path, { is_active: false }),
    deletions: (caller, path) => caller.delete(path),
  };
  it.each(Object.entries(moves))(
    "simultaneous %s of two owners leave one owner every time [R12]",
    async (_, move) => {
      for (let round = 0; round < effort(3, 20); round += 1) {
        const { owner, account } = await ownerOf();
        const second = await createKnownUser();
        await addMember(account, second, "AOWNER");
        const root = await createOperator();
        const [one, two] = [await currentAnalyst(owner), await currentAnalyst(second)];
        const answers = await Promise.all([
          round % 2 === 0 ? move(owner, userPath(one.uuid)) : move(root, userPath(one.uuid)),
          move(second, userPath(two.uuid)),
        ]);
        const statuses = answers.map(({ status }) => status).toSorted((left, right) => left - right);
        expect([200, 204]).toContain(statuses[0]);
        expect(statuses[1]).toBe(400);
        expect(answers.find(({ status }) => status === 400)?.body).toEqual(lastOwner);
      }
      expect(await ownerless()).toBeNull();
    },
  );

  it("a deactivation and a deletion of two owners who never signed in leave one", async () => {
    for (let round = 0; round < effort(2, 10); round += 1) {
      const { owner, account } = await ownerOf();
      const root = await createOperator();
      const other = await createColleague([account], { role: "AOWNER" });
      const me = await currentAnalyst(owner);
      const answers = await Promise.all([
        root.delete(userPath(me.uuid)),
        owner.patch(userPath(other.uuid), { is_active: false }),
      ]);
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status < 300)).toHaveLength(1);
      expect(statuses.every((status) => status < 500)).toBe(true);
    }
    expect(await ownerless()).toBeNull();
  });

  it("simultaneous changes of different fields are all stored, and the search finds them", async () => {
    const { owner } = await ownerOf();
    const made = (await owner.post(usersPath, {})).body;
    const [email, first_name, last_name] = [`${unique("mail")}@example.com`, unique("First"), unique("Last")];
    const path = userPath(made.uuid);
    const changes = [{ email }, { first_name }, { last_name }];
    const answers = await Promise.all(changes.map((change) => owner.patch(path, change)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const after = { ...made, email, first_name, last_name };
    expect((await owner.get(path)).body).toEqual(after);
    for (const caller of [owner, await createOperator()]) {
      for (const term of [email, first_name, last_name, `${last_name} ${email} ${first_name}`]) {
        const found = await caller.get(`${usersPath}?search=${encodeURIComponent(term)}`);
        expect(found.body.results).toEqual([after]);
      }
    }
  });

  it("ten simultaneous deletions delete once", async () => {
    const { owner, account } = await ownerOf();
    const { uuid } = await createColleague([account]);
    const answers = await Promise.all(Array.from({ length: 10 }, () => owner.delete(userPath(uuid))));
    const statuses = answers.map(({ status }) => status).toSorted((left, right) => left - right);
    expect(statuses).toEqual([204, ...Array.from({ length: 9 }, () => 404)]);
    expect(Object.keys(await rolesOf(account))).toHaveLength(1);
  });

  it("an owner's change and the user's first sign-in do not mix", async () => {
    for (let round = 0; round < effort(2, 10); round += 1) {
      const { owner, account } = await ownerOf();
      const { uuid, email } = await createColleague([account]);
      const user = await createUser({ email });
      const thief = `${unique("thief")}@example.com`;
      const [changed, signed] = await Promise.all([
        owner.patch(userPath(uuid), { email: thief }),
        user.get("/api/v1/user"),
      ]);
      expect([200, 403]).toContain(changed.status);
      expect(signed.status).toBe(200);
      // Either the user was bound first and the change refused, or the change came first.
      if (signed.body.id === uuid && changed.status === 200) {
        expect((await owner.patch(userPath(uuid), { email })).status).toBe(403);
      }
      const late = await (await createUser({ email: thief })).get("/api/v1/user");
      if (signed.body.id === uuid) expect(late.body.id).not.toBe(uuid);
    }
  });
});

it("the audit log has what was changed and by whom", async () => {
  const { owner } = await ownerOf();
  const made = (await owner.post(usersPath, { email: "a@example.com" })).body;
  await owner.patch(userPath(made.uuid), { first_name: "Ada" });
  await owner.delete(userPath(made.uuid));
  const [rows] = await runStatements([
    "SELECT action, actor, changes FROM audit_rows WHERE target = ? ORDER BY id",
    `user:${made.uuid}`,
  ]);
  expect(rows?.map(({ action }) => action)).toEqual(["user.created", "user.updated", "user.deleted"]);
  expect(new Set(rows?.map(({ actor }) => actor)).size).toBe(1);
  expect(JSON.parse(String(rows?.[1]?.["changes"]))).toEqual({ first_name: ["", masked] });
});
