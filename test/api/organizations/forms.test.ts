import { describe, expect, it } from "vitest";

import { omittedByEmpty } from "../../../src/http/django/body.ts";
import {
  anonymous,
  type Caller,
  createAccount,
  createUser,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import {
  expectCreated,
  organizationBody,
  organizationPath,
  organizationsPath,
  required,
  sendRaw,
  slugFormat,
} from "../../support/organizations.ts";

const urlencoded = "application/x-www-form-urlencoded";

interface Schema {
  readonly $ref?: string;
  readonly properties: Record<string, { readonly type: string; readonly enum?: string[] }>;
  readonly required?: readonly string[];
}
interface Operation {
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Schema }> };
}

it("an empty form field counts as omitted if it is optional and not text", async () => {
  const document = (await anonymous.get("/openapi.json")).body;
  const resolve = (schema: Schema): Schema =>
    document.components.schemas[schema.$ref?.split("/").at(-1) ?? ""] ?? schema;
  const found = new Set<string>();
  for (const [path, methods] of Object.entries<Record<string, Operation>>(document.paths)) {
    if (!path.startsWith("/accounts/")) continue;
    for (const { requestBody } of Object.values(methods)) {
      const form = requestBody?.content[urlencoded];
      if (form === undefined) continue;
      const { properties, required: needed = [] } = resolve(form.schema);
      for (const [name, { type, enum: choices }] of Object.entries(properties)) {
        const text = type === "string" && choices === undefined;
        if (!text && type !== "array" && !needed.includes(name)) found.add(name);
      }
    }
  }
  expect([...found].sort()).toEqual([...omittedByEmpty].sort());
});

const kinds = [
  {
    name: "urlencoded",
    form: (fields: readonly [string, string][]) => ({
      raw: new URLSearchParams(fields.map(([name, value]) => [name, value])).toString(),
      type: urlencoded,
    }),
  },
  {
    name: "multipart",
    form: (fields: readonly [string, string][]) => {
      const form = new FormData();
      for (const [name, value] of fields) form.append(name, value);
      return { raw: form, type: undefined };
    },
  },
] as const;

describe.each(kinds)("$name forms", ({ form }) => {
  async function submit(
    method: string,
    path: string,
    fields: readonly [string, string][],
    caller: Caller | Promise<Caller> = createUser(),
  ) {
    const { raw, type } = form(fields);
    return sendRaw(await caller, method, path, raw, type);
  }

  it("a form creates an organization", async () => {
    const slug = unique();
    const answer = await submit("POST", organizationsPath, [
      ["name", " Caf\u00e9 & \u{1f600} "],
      ["slug", slug],
      ["uuid", "x"],
    ]);
    expectCreated(answer, "Caf\u00e9 & \u{1f600}", slug);
  });

  it("a form replaces an organization", async () => {
    const owner = createUser();
    const account = await createAccount(await owner);
    const answer = await submit(
      "PUT",
      organizationPath(account),
      [
        ["name", "New"],
        ["slug", account.slug],
      ],
      owner,
    );
    expect(statusAndBody(answer)).toEqual({
      status: 200,
      body: organizationBody({ ...account, title: "New" }),
    });
  });

  it("a form changes part of an organization", async () => {
    const owner = createUser();
    const account = await createAccount(await owner);
    const answer = await submit("PATCH", organizationPath(account), [["name", "New"]], owner);
    expect(statusAndBody(answer)).toEqual({
      status: 200,
      body: organizationBody({ ...account, title: "New" }),
    });
  });

  it("the last of two equal form fields counts", async () => {
    const slug = unique();
    const answer = await submit("POST", organizationsPath, [
      ["name", "First"],
      ["slug", "a b"],
      ["slug", slug],
      ["name", "Last"],
    ]);
    expectCreated(answer, "Last", slug);
  });

  it("form fields have the same rules as JSON", async () => {
    expect(statusAndBody(await submit("POST", organizationsPath, [["slug", "a b"]]))).toEqual({
      status: 400,
      body: { name: [required], slug: [slugFormat] },
    });
    expect(
      statusAndBody(
        await submit("POST", organizationsPath, [
          ["name", " "],
          ["slug", ""],
        ]),
      ),
    ).toEqual({
      status: 400,
      body: { name: ["This field may not be blank."], slug: ["This field may not be blank."] },
    });
    const slug = unique();
    expectCreated(
      await submit("POST", organizationsPath, [
        ["name", "null"],
        ["slug", slug],
      ]),
      "null",
      slug,
    );
  });

  it("a blank form field is rejected in a partial update", async () => {
    const owner = createUser();
    const account = await createAccount(await owner);
    expect(statusAndBody(await submit("PATCH", organizationPath(account), [["name", ""]], owner))).toEqual({
      status: 400,
      body: { name: ["This field may not be blank."] },
    });
  });

  it("an empty optional form field counts as omitted", async () => {
    const owner = await createUser();
    const { id } = await createAccount(owner);
    const increment = `${organizationsPath}${id}/increment/`;
    const counted = await submit("POST", increment, [["usage", ""]], owner);
    expect(counted).toMatchObject({ status: 200, body: { usage: 1 } });
    const consent = "/accounts/analysts/current/";
    await owner.patch(consent, { consent_given: true });
    const unchanged = await submit("PATCH", consent, [["consent_given", ""]], owner);
    expect(unchanged).toMatchObject({ status: 200, body: { consent_given: true } });
    const invitee: [string, string] = ["invitee_identifier", `${unique()}@example.com`];
    const invited = await submit("POST", "/accounts/invite/", [invitee, ["role", ""]], owner);
    expect(invited).toMatchObject({ status: 201, body: { role: "AMEMBER" } });
    const made = await submit(
      "POST",
      "/accounts/users/",
      [
        ["email", ""],
        ["is_active", ""],
      ],
      owner,
    );
    expect(made).toMatchObject({ status: 201, body: { email: "", is_active: true } });
    expect((await owner.post(increment, { usage: "" })).status).toBe(400);
  });

  it("a form field named like a prototype property is ignored", async () => {
    expect(
      statusAndBody(
        await submit("POST", organizationsPath, [
          ["__proto__", "x"],
          ["constructor", "y"],
        ]),
      ),
    ).toEqual({
      status: 400,
      body: { name: [required], slug: [required] },
    });
  });

  it("a form with a NUL is rejected", async () => {
    expect(
      statusAndBody(
        await submit("POST", organizationsPath, [
          ["name", "a\0b"],
          ["slug", unique()],
        ]),
      ),
    ).toEqual({
      status: 400,
      body: { name: ["Null characters are not allowed."] },
    });
  });
});

describe("an urlencoded form", () => {
  it("an urlencoded form is accepted in any valid encoding", async () => {
    const owner = await createUser();
    const slug = unique();
    const raw = `=&&name&name=A+%42%zz&slug=${slug}&=x`;
    expectCreated(
      await sendRaw(owner, "POST", organizationsPath, raw, `${urlencoded}; charset=utf-8`),
      "A B%zz",
      slug,
    );
  });

  it("text that is no form counts as a form without fields", async () => {
    const answer = await sendRaw(
      await createUser(),
      "POST",
      organizationsPath,
      '{"name": "a", "slug": "b"}',
      urlencoded,
    );
    expect(statusAndBody(answer)).toEqual({ status: 400, body: { name: [required], slug: [required] } });
  });
});

describe("a multipart form", () => {
  const unreadable = {
    status: 400,
    body: { detail: "Multipart form parse error - Invalid boundary or part in multipart" },
  };
  const part = 'Content-Disposition: form-data; name="name"\r\n\r\nAcme\r\n';

  it.each([
    { name: "without a boundary", raw: `--b\r\n${part}--b--\r\n`, type: "multipart/form-data" },
    {
      name: "with an empty boundary",
      raw: `--b\r\n${part}--b--\r\n`,
      type: "multipart/form-data; boundary=",
    },
    {
      name: "with another boundary than it says",
      raw: `--other\r\n${part}--other--\r\n`,
      type: "multipart/form-data; boundary=b",
    },
    { name: "that is no form", raw: "nonsense", type: "multipart/form-data; boundary=b" },
    {
      name: "that is cut off in a part",
      raw: '--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nAc',
      type: "multipart/form-data; boundary=b",
    },
    {
      name: "whose part has no name",
      raw: "--b\r\nX: y\r\n\r\nAcme\r\n--b--\r\n",
      type: "multipart/form-data; boundary=b",
    },
  ])("a malformed multipart body is rejected: $name", async ({ raw, type }) => {
    expect(statusAndBody(await sendRaw(await createUser(), "POST", organizationsPath, raw, type))).toEqual(
      unreadable,
    );
  });

  it("a file is ignored, and rejected in place of a text field", async () => {
    const owner = await createUser();
    const slug = unique();
    const form = new FormData();
    form.append("name", new File(["Acme"], "name.txt", { type: "text/plain" }));
    form.append("slug", slug);
    expect(statusAndBody(await sendRaw(owner, "POST", organizationsPath, form))).toEqual({
      status: 400,
      body: { name: ["Not a valid string."] },
    });
    form.set("name", "Acme");
    form.append("logo", new File([new Uint8Array([0, 255])], "logo.png"));
    expectCreated(await sendRaw(owner, "POST", organizationsPath, form), "Acme", slug);
  });
});
