import { describe, expect, it } from "vitest";

import { CostMeter, delayedQueue } from "../../support/cost-meter.ts";
import { setAccount } from "../../support/database.ts";
import {
  addMember,
  createAccount,
  createUser,
  type TestAccount,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import {
  createInvitation,
  invitationListPath,
  invitationPath,
  invitationsPath,
  organizationRequired,
  storeInvite,
  uniqueEmail,
} from "../../support/invitations.ts";
import { invalidPage, noOrganization, required, sendRaw } from "../../support/organizations.ts";

const counter = new CostMeter({ JOBS: delayedQueue });
const invalid = "Enter a valid email address.";
const email = "ada@example.com";

describe("the fields of an invitation", () => {
  it.each([
    { name: "nothing", body: {}, errors: { invitee_identifier: [required] } },
    { name: "no body", body: undefined, errors: { invitee_identifier: [required] } },
    {
      name: "an empty address",
      body: { invitee_identifier: "" },
      errors: { invitee_identifier: ["This field may not be blank."] },
    },
    {
      name: "a blank address",
      body: { invitee_identifier: "  " },
      errors: { invitee_identifier: ["This field may not be blank."] },
    },
    {
      name: "a null address",
      body: { invitee_identifier: null },
      errors: { invitee_identifier: ["This field may not be null."] },
    },
    { name: "no address", body: { invitee_identifier: "ada" }, errors: { invitee_identifier: [invalid] } },
    {
      name: "half an address",
      body: { invitee_identifier: "ada@" },
      errors: { invitee_identifier: [invalid] },
    },
    { name: "a number", body: { invitee_identifier: 7 }, errors: { invitee_identifier: [invalid] } },
    {
      name: "a list",
      body: { invitee_identifier: [email] },
      errors: { invitee_identifier: ["Not a valid string."] },
    },
    {
      name: "a long address",
      body: { invitee_identifier: `${"a".repeat(60)}@${`${"b".repeat(60)}.`.repeat(4)}com` },
      errors: { invitee_identifier: ["Ensure this field has no more than 254 characters.", invalid] },
    },
    {
      name: "a bad role",
      body: { invitee_identifier: email, role: "boss" },
      errors: { role: ['"boss" is not a valid choice.'] },
    },
    {
      name: "a role in lower case",
      body: { invitee_identifier: email, role: "amember" },
      errors: { role: ['"amember" is not a valid choice.'] },
    },
    {
      name: "an empty role",
      body: { invitee_identifier: email, role: "" },
      errors: { role: ['"" is not a valid choice.'] },
    },
    {
      name: "a null role",
      body: { invitee_identifier: email, role: null },
      errors: { role: ["This field may not be null."] },
    },
    {
      name: "all wrong",
      body: { invitee_identifier: "ada", role: "boss" },
      errors: { invitee_identifier: [invalid], role: ['"boss" is not a valid choice.'] },
    },
    {
      name: "a list as body",
      body: [],
      errors: { non_field_errors: ["Invalid data. Expected a dictionary, but got list."] },
    },
    {
      name: "a text as body",
      body: "ada",
      errors: { non_field_errors: ["Invalid data. Expected a dictionary, but got str."] },
    },
  ])("an invalid field is rejected: $name", async ({ body, errors }) => {
    const owner = await createUser();
    await createAccount(owner);
    expect(statusAndBody(await owner.post(invitationsPath, body))).toEqual({ status: 400, body: errors });
    expect((await owner.get(invitationsPath)).body.count).toBe(0);
  });

  it("fields are read from forms and trimmed", async () => {
    const owner = await createUser();
    await createAccount(owner);
    const form = new FormData();
    form.append("invitee_identifier", ` ${email} `);
    form.append("role", "AOWNER");
    const multipart = await sendRaw(owner, "POST", invitationsPath, form);
    expect(multipart.body).toMatchObject({ invitee_identifier: email, role: "AOWNER" });
    const urlencoded = await sendRaw(
      owner,
      "POST",
      invitationsPath,
      new URLSearchParams({ invitee_identifier: "grace+1@example.com" }).toString(),
      "application/x-www-form-urlencoded",
    );
    expect(urlencoded.status).toBe(201);
    expect(urlencoded.body).toMatchObject({ invitee_identifier: "grace+1@example.com", role: "AMEMBER" });
  });

  it("malformed JSON and other media types are rejected", async () => {
    const owner = await createUser();
    await createAccount(owner);
    const broken = await sendRaw(owner, "POST", invitationsPath, "{", "application/json");
    expect(broken.status).toBe(400);
    expect(broken.body.detail).toMatch(/^JSON parse error - /);
    const xml = await sendRaw(owner, "POST", invitationsPath, "<a/>", "text/xml");
    expect(statusAndBody(xml)).toEqual({
      status: 415,
      body: { detail: 'Unsupported media type "text/xml" in request.' },
    });
  });

  it("read-only fields are ignored [R7]", async () => {
    const owner = await createUser();
    await createAccount(owner);
    const uuid = crypto.randomUUID();
    const made = await owner.post(invitationsPath, {
      invitee_identifier: email,
      uuid,
      invited_by: uuid,
      valid_until: "2099-01-01T00:00:00Z",
    });
    expect(made.status).toBe(201);
    expect(made.body.uuid).not.toBe(uuid);
    expect(made.body.invited_by).toBe((await owner.get("/api/v1/user")).body.id);
    expect(Date.parse(made.body.valid_until)).toBeLessThan(Date.parse("2099-01-01"));
  });
});

describe("the current organization", () => {
  /** Creates a user in two organizations; the second has an invitation. */
  async function inTwo() {
    const owner = await createUser();
    const [first, second] = [await createAccount(owner), await createAccount(owner)];
    const uuid = await createInvitation(owner, second);
    return { owner, first, second, uuid };
  }

  it("the current organization is the one named by uuid or slug in the query or the header", async () => {
    const { owner, first, second, uuid } = await inTwo();
    const names = (of: TestAccount) => [
      of.id,
      of.id.toUpperCase().replaceAll("-", ""),
      of.slug,
      of.slug.toUpperCase(),
    ];
    for (const name of names(second)) {
      expect((await owner.get(invitationListPath({ id: name }))).body.results).toMatchObject([{ uuid }]);
      const headers = { "X-Organization": name };
      expect((await owner.get(invitationsPath, { headers })).body.results).toMatchObject([{ uuid }]);
      const made = await owner.post(invitationsPath, { invitee_identifier: uniqueEmail() }, { headers });
      expect((await owner.delete(invitationPath(made.body.uuid))).status).toBe(204);
    }
    for (const name of names(first))
      expect((await owner.get(invitationListPath({ id: name }))).body.count).toBe(0);
    const both = await owner.get(invitationListPath(second), { headers: { "X-Organization": first.slug } });
    expect(both.body.count).toBe(1);
  });

  it("the caller's only organization is the current one", async () => {
    const account = await createAccount(await createUser());
    const member = await createUser();
    await addMember(account, member);
    const uuid = await createInvitation(member, account);
    expect((await member.get(invitationsPath)).body.results).toMatchObject([{ uuid }]);
    expect((await member.get(`${invitationsPath}?organization=`)).body.count).toBe(1);
    expect((await member.post(invitationsPath, { invitee_identifier: uniqueEmail() })).status).toBe(201);
  });

  it("a caller in no or several organizations must name one", async () => {
    const { owner } = await inTwo();
    for (const caller of [owner, await createUser()]) {
      expect(statusAndBody(await caller.get(invitationsPath))).toEqual({
        status: 400,
        body: organizationRequired,
      });
      expect(statusAndBody(await caller.post(invitationsPath, { role: "boss" }))).toEqual({
        status: 400,
        body: organizationRequired,
      });
    }
  });

  it("another tenant's and an unknown organization are both 404, before any field is validated", async () => {
    const { owner } = await inTwo();
    const other = await createAccount(await createUser());
    for (const name of [other.id, other.slug, crypto.randomUUID(), unique()]) {
      expect(statusAndBody(await owner.get(invitationListPath({ id: name })))).toEqual({
        status: 404,
        body: noOrganization,
      });
      const refused = await owner.post(
        invitationsPath,
        { role: "boss" },
        { headers: { "X-Organization": name } },
      );
      expect(statusAndBody(refused)).toEqual({ status: 404, body: noOrganization });
    }
  });
});

describe("the list of invitations", () => {
  it("walking the pages shows every remaining invitation exactly once", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    await setAccount(account, { type: "cowork" });
    const made: string[] = [];
    for (let at = 0; at < 45; at += 1) made.push(await createInvitation(owner, account));
    const seen: string[] = [];
    const revoked: string[] = [];
    let link: string | null = `${invitationListPath(account)}&page_size=7`;
    let count = 45;
    for (let page = 1; link !== null; page += 1) {
      const { status, body } = await owner.get(link);
      expect([status, body.count]).toEqual([200, count]);
      expect(body.results.length).toBeLessThanOrEqual(7);
      seen.push(...body.results.map(({ uuid }: { uuid: string }) => uuid));
      link = body.next;
      if (page > 4) continue;
      // One on the first page, one after it, and a new one.
      for (const uuid of [made[page], made[44 - page]]) {
        if (uuid === undefined) throw new Error("Too few");
        revoked.push(uuid);
        expect((await owner.delete(invitationPath(uuid))).status).toBe(204);
      }
      made.push(await createInvitation(owner, account));
      count -= 1;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(made.filter((uuid) => !revoked.includes(uuid) && !seen.includes(uuid))).toEqual([]);
    expect(seen).toEqual(made.filter((uuid) => seen.includes(uuid)));

    const last = await owner.get(`${invitationListPath(account)}&page_size=7&page=last`);
    expect(last.body.next).toBeNull();
    expect(last.body.results.at(-1).uuid).toBe(made.at(-1));
    expect(last.body.results).toHaveLength(41 % 7);
    const before = await owner.get(last.body.previous);
    expect(before.body.results).toHaveLength(7);
  });

  it("the list reads no rows of ended invitations", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    await createInvitation(owner, account);
    const watched = counter.meter(owner);
    const cost = async () => {
      counter.read();
      expect((await watched.get(invitationListPath(account))).body.count).toBe(1);
      return counter.read().rowsRead;
    };
    const before = await cost();
    for (let at = 0; at < 5; at += 1) {
      expect((await owner.delete(invitationPath(await storeInvite(account)))).status).toBe(204);
    }
    expect(await cost()).toBe(before);
  });

  it("the list has the pages that exist and no other", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    for (const page of ["0", "-1", "abc", "2"]) {
      expect(statusAndBody(await owner.get(`${invitationListPath(account)}&page=${page}`))).toEqual({
        status: 404,
        body: invalidPage,
      });
    }
    expect((await owner.get(`${invitationListPath(account)}&cursor=nonsense`)).body).toEqual(invalidPage);
    for (let at = 0; at < 3; at += 1) await createInvitation(owner, account);
    const second = await owner.get(`${invitationListPath(account)}&page=2&page_size=2`);
    expect(second.body).toMatchObject({ count: 3, next: null });
    expect(second.body.results).toHaveLength(1);
    expect(second.body.previous).toBe(
      `https://roster.test${invitationsPath}?organization=${account.id}&page_size=2`,
    );
  });
});
