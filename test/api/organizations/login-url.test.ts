import { beforeEach, describe, expect, it } from "vitest";

import { CostMeter } from "../../support/cost-meter.ts";
import { runStatements, setAccount } from "../../support/database.ts";
import {
  addToGroup,
  type ApiResponse,
  type Caller,
  createAccount,
  createOperator,
  createSupportUser,
  createUser,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import {
  createInactiveUser,
  createMember,
  deactivate,
  required,
  sendRaw,
} from "../../support/organizations.ts";
import { waitForFreshMinute, workerWith } from "../../support/worker.ts";

const path = "/accounts/login_url/";
const manual = { status: 200, body: { params: "/login/manual" } };
const invalid = { status: 400, body: { email: ["Enter a valid email address."] } };

function ask(caller: Caller, email: unknown): Promise<ApiResponse> {
  return caller.post(path, { email });
}

/** The hint as jose builds it, and the encoded address. */
function hinted(route: string, address: string): object {
  const encode = (text: string) =>
    btoa(String.fromCharCode(...new TextEncoder().encode(text)))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", "");
  const header = encode('{"typ":"JWT","alg":"HS256"}');
  const payload = encode(`{"type":"organization","organization":{"route":${JSON.stringify(route)}}}`);
  return {
    status: 200,
    body: { params: `?login_hint=${header}.${payload}.&email=${encodeURIComponent(address)}` },
  };
}

/** Addresses without a login URL, each for another reason, with the caller. */
const silent: Readonly<Record<string, () => Promise<readonly [caller: Caller, address: string]>>> = {
  "no user": async () => [await createSupportUser(), `${unique()}@example.com`],
  "a user in no organization": async () => {
    const user = await createUser();
    await user.get("/api/v1/user");
    return [await createSupportUser(), user.email];
  },
  "a user in several organizations": async () => {
    const user = await createUser();
    await createAccount(user);
    await createAccount(user);
    return [await createSupportUser(), user.email];
  },
  "several users": async () => {
    const user = await createUser();
    await createAccount(user);
    const namesake = await createUser({ email: user.email, sub: unique("sub") });
    await namesake.get("/api/v1/user");
    return [await createSupportUser(), user.email];
  },
  "an inactive user": async () => {
    const user = await createMember(await createAccount(await createUser()));
    await deactivate(user);
    return [await createSupportUser(), user.email];
  },
  "another's address": async () => {
    const user = await createUser();
    const account = await createAccount(user);
    return [await createMember(account), user.email];
  },
  "another's address, asked by its owner's colleague": async () => {
    const owner = await createUser();
    const member = await createMember(await createAccount(owner));
    return [owner, member.email];
  },
  "another's address, written into one's own profile": async () => {
    const user = await createUser();
    await createAccount(user);
    const thief = await createUser();
    await createAccount(thief);
    await runStatements([
      "UPDATE users SET email = ?1, email_key = ?1 WHERE email = ?2",
      user.email,
      thief.email,
    ]);
    await runStatements([
      "UPDATE users SET email = 'x', email_key = 'x' WHERE verified_email = ?",
      user.email,
    ]);
    return [thief, user.email];
  },
  "one's own address, not verified": async () => {
    const user = await createUser({ email_verified: false });
    await createAccount(user);
    return [user, user.email];
  },
};

describe("the login URL of an address", () => {
  it("callers get the login URL of their own verified address, in any spelling", async () => {
    const user = await createUser({ email: `Zo\u00e9.${unique()}@Example.com` });
    const { slug } = await createAccount(user);
    const { email } = user;
    for (const address of [email, email.toUpperCase(), email.toLowerCase()]) {
      expect(statusAndBody(await ask(user, address))).toEqual(hinted(slug, address));
    }
    expect(statusAndBody(await ask(user, `  ${email}\n`))).toEqual(hinted(slug, email));
    expect(statusAndBody(await ask(user, email.normalize("NFD")))).toEqual(hinted(slug, email));
  });

  it("callers with login:read, operators too, get the login URL of any address", async () => {
    const member = await createMember(await createAccount(await createUser()));
    const owner = await createUser();
    const { slug } = await createAccount(owner);
    const reader = await createSupportUser();
    for (const caller of [reader, await createOperator()]) {
      expect(statusAndBody(await ask(caller, owner.email))).toEqual(hinted(slug, owner.email));
      expect((await ask(caller, member.email)).body.params).toMatch(/^\?login_hint=/);
    }
    const metering = await createUser();
    await addToGroup(metering, 2);
    expect(statusAndBody(await ask(metering, owner.email))).toEqual(manual);
  });

  it("an organization's own IdP route is used if it has one", async () => {
    const user = await createUser();
    const account = await createAccount(user);
    for (const route of ["acme-sso", "caf\u00e9/\u{1f600}?x=1&y", 'a"b']) {
      await setAccount(account, { idp_route: route });
      expect(statusAndBody(await ask(user, user.email))).toEqual(hinted(route, user.email));
    }
    await setAccount(account, { idp_route: null });
    expect(statusAndBody(await ask(user, user.email))).toEqual(hinted(account.slug, user.email));
  });

  it("the parameters have exactly this form, with the address percent-encoded", async () => {
    const user = await createUser({ email: `a+b&c=d#${unique()}@example.com` });
    const account = await createAccount(user);
    await setAccount(account, { idp_route: "acme" });
    const hint =
      "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJ0eXBlIjoib3JnYW5pemF0aW9uIiwib3JnYW5pemF0aW9uIjp7InJvdXRlIjoiYWNtZSJ9fQ.";
    const address = user.email
      .replace("+", "%2B")
      .replace("&", "%26")
      .replace("=", "%3D")
      .replace("#", "%23");
    expect((await ask(user, user.email)).text).toBe(
      `{"params":"?login_hint=${hint}&email=${address.replace("@", "%40")}"}`,
    );
  });

  it("inactive users with the same address are ignored", async () => {
    const gone = await createMember(await createAccount(await createUser()));
    await deactivate(gone);
    const user = await createUser({ email: gone.email, sub: unique("sub") });
    const { slug } = await createAccount(user);
    expect(statusAndBody(await ask(user, user.email))).toEqual(hinted(slug, user.email));
  });

  it("a second organization makes the address ambiguous, a second member does not", async () => {
    const user = await createUser();
    const account = await createAccount(user);
    await createMember(account);
    expect(statusAndBody(await ask(user, user.email))).toEqual(hinted(account.slug, user.email));
    const other = await createAccount(user);
    expect(statusAndBody(await ask(user, user.email))).toEqual(manual);
    await user.delete(`/api/v1/account/${account.slug}`);
    expect(statusAndBody(await ask(user, user.email))).toEqual(hinted(other.slug, user.email));
  });
});

describe("addresses without a login URL", () => {
  it.each(Object.entries(silent))("%s leads to manual entry", async (_, make) => {
    const [caller, address] = await make();
    expect(statusAndBody(await ask(caller, address))).toEqual(manual);
  });

  it("the answer is identical in every case, including headers [R29]", async () => {
    const answers = new Set<string>();
    for (const make of Object.values(silent)) {
      const [caller, address] = await make();
      const { status, headers, text } = await ask(caller, address);
      const compared = [...headers].filter(([name]) => name !== "x-request-id" && name !== "date");
      answers.add(JSON.stringify([status, compared, text]));
    }
    expect([...answers]).toHaveLength(1);
  });

  it("every case runs the same queries in one round trip [R29]", async () => {
    const user = await createUser();
    await createAccount(user);
    const reported = async () => [user, user.email] as const;
    const counter = new CostMeter();
    const asked = new Set<string>();
    for (const make of [...Object.values(silent), reported]) {
      const [caller, address] = await make();
      // A changed verified address would be stored on first use.
      await ask(caller, address);
      counter.read();
      await ask(counter.meter(caller), address);
      const { roundTrips, statements, rowsWritten } = counter.read();
      asked.add(JSON.stringify([roundTrips, rowsWritten, statements.map(({ sql }) => sql)]));
    }
    expect(asked.size).toBe(1);
    expect([...asked][0]).toMatch(/^\[1,0,\["select [^]*","select [^]*"\]\]$/);
  });

  it("manual entry leads to the configured route", async () => {
    const worker = workerWith({ LOGIN_MANUAL_ENTRY_ROUTE: "/enter?by=hand" });
    const answer = await ask((await createUser()).via(worker), "nobody@example.com");
    expect(statusAndBody(answer)).toEqual({ status: 200, body: { params: "/enter?by=hand" } });
  });
});

describe("validation of the address", () => {
  const long = `${"a".repeat(60)}@${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}.${"e".repeat(9)}.com`;

  it.each([
    { name: "left out", value: undefined, sentences: [required] },
    { name: "null", value: null, sentences: ["This field may not be null."] },
    { name: "empty", value: "", sentences: ["This field may not be blank."] },
    { name: "blank", value: " \t ", sentences: ["This field may not be blank."] },
    { name: "a list", value: ["a@example.com"], sentences: ["Not a valid string."] },
    { name: "an object", value: {}, sentences: ["Not a valid string."] },
    { name: "true", value: true, sentences: ["Not a valid string."] },
    { name: "a number", value: 5, sentences: ["Enter a valid email address."] },
    { name: "no address", value: "nobody", sentences: ["Enter a valid email address."] },
    {
      name: "two addresses",
      value: "a@example.com, b@example.com",
      sentences: ["Enter a valid email address."],
    },
    { name: "without a domain", value: "a@", sentences: ["Enter a valid email address."] },
    { name: "with a NUL", value: "a\0@example.com", sentences: ["Null characters are not allowed."] },
    {
      name: "too long",
      value: long,
      sentences: ["Ensure this field has no more than 254 characters.", "Enter a valid email address."],
    },
  ])("the address is rejected when $name", async ({ value, sentences }) => {
    const answer = await ask(await createUser(), value);
    expect(answer.status).toBe(400);
    expect(Object.keys(answer.body)).toEqual(["email"]);
    expect(answer.body.email).toEqual(expect.arrayContaining(sentences));
  });

  it("an invalid address is rejected alike for everyone", async () => {
    for (const caller of [await createUser(), await createSupportUser(), await createOperator()]) {
      expect(statusAndBody(await ask(caller, "nobody"))).toEqual(invalid);
    }
  });

  it("the address is read from forms", async () => {
    const user = await createUser();
    const { slug } = await createAccount(user);
    const form = new URLSearchParams({ email: ` ${user.email} `, other: "x" }).toString();
    const plain = await sendRaw(user, "POST", path, form, "application/x-www-form-urlencoded");
    expect(statusAndBody(plain)).toEqual(hinted(slug, user.email));
    const parts = new FormData();
    parts.append("email", user.email);
    expect(statusAndBody(await sendRaw(user, "POST", path, parts))).toEqual(hinted(slug, user.email));
  });
});

describe("a request that cannot be read", () => {
  it.each([
    {
      name: "a list",
      raw: "[]",
      type: "application/json",
      status: 400,
      sentence: "Invalid data. Expected a dictionary, but got list.",
    },
    { name: "no body", raw: "", type: "application/json", status: 400, sentence: required },
    {
      name: "broken JSON",
      raw: '{"email": ',
      type: "application/json",
      status: 400,
      sentence: "JSON parse error - ",
    },
    {
      name: "XML",
      raw: "<a/>",
      type: "text/xml",
      status: 415,
      sentence: 'Unsupported media type \\"text/xml\\" in request.',
    },
  ])("the body is rejected: $name", async ({ raw, type, status, sentence }) => {
    const answer = await sendRaw(await createUser(), "POST", path, raw, type);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(sentence);
  });

  it.each(["GET", "PUT", "PATCH", "DELETE"])("the method is not allowed: %s", async (method) => {
    const answer = await (await createUser()).send(method, path);
    expect(statusAndBody(answer)).toEqual({
      status: 405,
      body: { detail: `Method "${method}" not allowed.` },
    });
    expect(answer.headers.get("Allow")).toBe("POST, OPTIONS");
  });

  it("an inactive user gets 401, whatever they send", async () => {
    const caller = await createInactiveUser();
    for (const email of [caller.email, "nobody"]) expect((await ask(caller, email)).status).toBe(401);
  });
});

describe("rate limits of the login URL", () => {
  const limited = workerWith({ RATE_LIMITS: "on" });
  beforeEach(() => waitForFreshMinute(), 60_000);
  const throttled = {
    status: 429,
    body: { detail: "Request was throttled. Expected available in 60 seconds." },
  };

  it("a caller may ask 30 times a minute, whatever the body [R29]", async () => {
    const caller = (await createUser()).via(limited);
    const statuses: number[] = [];
    for (let asked = 0; asked < 30; asked += 1) {
      statuses.push((await ask(caller, asked % 2 === 0 ? caller.email : "nobody")).status);
    }
    expect(statuses).toEqual(Array.from({ length: 30 }, (_, at) => (at % 2 === 0 ? 200 : 400)));
    const refused = await ask(caller, caller.email);
    expect(statusAndBody(refused)).toEqual(throttled);
    expect(refused.headers.get("Retry-After")).toBe("60");
    expect((await caller.get("/accounts/portal/")).status).toBe(200);
    expect((await ask((await createUser()).via(limited), caller.email)).status).toBe(200);
  });

  it("a network address may ask 60 times a minute for all callers, and client headers do not change it [R29, R72]", async () => {
    const send = async (caller: Caller, from: string) =>
      caller.post(path, { email: "nobody@example.com" }, { headers: { "CF-Connecting-IP": from } });
    for (let callers = 0; callers < 3; callers += 1) {
      const caller = (await createUser()).via(limited);
      for (let asked = 0; asked < 20; asked += 1) {
        expect((await send(caller, `2001:db8:5:6::${asked}`)).status).toBe(200);
      }
    }
    const another = (await createUser()).via(limited);
    expect(statusAndBody(await send(another, "2001:db8:5:6:ffff::1"))).toEqual(throttled);
    const forged = { "CF-Connecting-IP": "2001:db8:5:6::1", "X-Forwarded-For": "192.0.2.99" };
    const answer = await another.post(path, { email: "nobody@example.com" }, { headers: forged });
    expect(statusAndBody(answer)).toEqual(throttled);
    expect((await send(another, "2001:db8:5:7::1")).status).toBe(200);
  });
});
