/** Entity tags of accounts: what tells one version from another, on both faces. */
import { describe, expect, it } from "vitest";

import { certificate } from "../../support/certificates.ts";
import { accountPath, etagOf, fetchEtag, ifMatch, ifNoneMatch, setUp } from "../../support/etags.ts";
import { createUser } from "../../support/fixtures.ts";
import { createMember, statusAndBody } from "../../support/organizations.ts";

describe.each(["here", "there"] as const)("the tag on the face that is %s", (face) => {
  it("is on the answer to GET and to HEAD, and stays while nothing changes", async () => {
    const { owner, account, [face]: path } = await setUp();
    const first = await fetchEtag(owner, path);
    expect(await fetchEtag(owner, path)).toBe(first);
    const head = await owner.send("HEAD", path);
    expect([head.status, head.text, etagOf(head)]).toEqual([200, "", first]);
    await owner.patch(accountPath(account), { title: account.title });
    await owner.patch(accountPath(account), {});
    expect(await fetchEtag(owner, path)).toBe(first);
  });

  it("is another one after each change on either face", async () => {
    const { owner, account, here, there, [face]: path } = await setUp();
    const tags = [await fetchEtag(owner, path)];
    for (const change of [
      () => owner.patch(here, { title: "New" }),
      () => owner.patch(here, { description: "For tests" }),
      () => owner.patch(there, { name: "Newer" }),
      () => owner.put(there, { name: "Newest", slug: account.slug }),
      () => owner.patch(here, { title: account.title }),
    ]) {
      expect((await change()).status).toBe(200);
      tags.push(await fetchEtag(owner, path));
    }
    expect(new Set(tags).size).toBe(tags.length);
  });

  it("is told with the answer to a change, and is the one of the next GET", async () => {
    const { owner, account, here, there, [face]: path } = await setUp();
    const answers =
      face === "here"
        ? [await owner.patch(here, { title: "One" }), await owner.patch(here, {})]
        : [
            await owner.patch(there, { name: "One" }),
            await owner.put(there, { name: "One", slug: account.slug }),
          ];
    for (const answer of answers) expect(etagOf(answer)).toBe(await fetchEtag(owner, path));
  });

  it("spares who has it the body, and nobody else", async () => {
    const { owner, [face]: path } = await setUp();
    const full = await owner.get(path);
    const current = etagOf(full);
    for (const value of [current, `W/${current}`, `"other", ${current}`, `W/"1", "2" ,${current},"3"`]) {
      for (const method of ["GET", "HEAD"]) {
        const answer = await owner.send(method, path, undefined, ifNoneMatch(value));
        expect([value, answer.status, answer.text]).toEqual([value, 304, ""]);
        expect(answer.headers.get("ETag")).toBe(current);
        for (const name of [
          "Cache-Control",
          "Content-Security-Policy",
          "Strict-Transport-Security",
          "X-Content-Type-Options",
          "Vary",
        ]) {
          expect([name, answer.headers.get(name)]).toEqual([name, full.headers.get(name)]);
        }
        expect(answer.headers.get("X-Request-Id")).toMatch(/^[0-9a-f-]{36}$/);
      }
    }
    for (const value of ['"other"', current.slice(1, -1), "garbage", "", `${current.slice(0, -2)}"`]) {
      const answer = await owner.get(path, ifNoneMatch(value));
      expect([value, answer.status, answer.body]).toEqual([value, 200, full.body]);
    }
  });

  it("spares the body to who has any version", async () => {
    const { owner, [face]: path } = await setUp();
    const answer = await owner.get(path, ifNoneMatch("*"));
    expect([answer.status, answer.text]).toEqual([304, ""]);
  });

  it("that was shown before a change is no longer the current one", async () => {
    const { owner, here, [face]: path } = await setUp();
    const before = await fetchEtag(owner, path);
    await owner.patch(here, { title: "New" });
    expect((await owner.get(path, ifNoneMatch(before))).status).toBe(200);
    expect((await owner.get(path, ifNoneMatch(await fetchEtag(owner, path)))).status).toBe(304);
  });

  it("says nothing to who may not read [R5]", async () => {
    const { owner, account, [face]: path } = await setUp();
    const outsider = await createUser();
    for (const value of [await fetchEtag(owner, path), "*"]) {
      const answer = await outsider.get(path, ifNoneMatch(value));
      expect(statusAndBody(answer)).toEqual(statusAndBody(await outsider.get(path)));
      expect(answer.headers.get("ETag")).toBeNull();
      expect([403, 404]).toContain(answer.status);
    }
    expect((await owner.get(accountPath(account))).status).toBe(200);
  });
});

it("what readers see differently has different tags, of one version [R5]", async () => {
  const { owner, account, here } = await setUp();
  const saml = { domain: "a.example", sso_url: "https://a.example/", entity_id: "a", x509_cert: certificate };
  await owner.patch(here, { saml });
  const member = await createMember(account);
  const [full, partial] = [await fetchEtag(owner, here), await fetchEtag(member, here)];
  expect(full).not.toBe(partial);
  expect((await owner.get(here, ifNoneMatch(partial))).status).toBe(200);
  expect((await owner.patch(here, { title: "New" }, ifMatch(partial))).status).toBe(200);
});
