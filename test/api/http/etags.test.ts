/** Entity tags of accounts in both APIs. */
import { describe, expect, it } from "vitest";

import { certificate } from "../../support/certificates.ts";
import { accountPath, etagOf, fetchEtag, ifMatch, ifNoneMatch, setUp } from "../../support/etags.ts";
import { createUser, statusAndBody } from "../../support/fixtures.ts";
import { createMember } from "../../support/organizations.ts";

describe.each(["accounts", "organizations"] as const)(
  "the ETag of the organizations or accounts API: %s",
  (api) => {
    it("GET and HEAD return an ETag that stays the same until the account changes", async () => {
      const { owner, account, [api]: path } = await setUp();
      const first = await fetchEtag(owner, path);
      expect(await fetchEtag(owner, path)).toBe(first);
      const head = await owner.send("HEAD", path);
      expect([head.status, head.text, etagOf(head)]).toEqual([200, "", first]);
      await owner.patch(accountPath(account), { title: account.title });
      await owner.patch(accountPath(account), {});
      expect(await fetchEtag(owner, path)).toBe(first);
    });

    it("the ETag changes with each change through either API", async () => {
      const { owner, account, accounts, organizations, [api]: path } = await setUp();
      const tags = [await fetchEtag(owner, path)];
      for (const change of [
        () => owner.patch(accounts, { title: "New" }),
        () => owner.patch(accounts, { description: "For tests" }),
        () => owner.patch(organizations, { name: "Newer" }),
        () => owner.put(organizations, { name: "Newest", slug: account.slug }),
        () => owner.patch(accounts, { title: account.title }),
      ]) {
        expect((await change()).status).toBe(200);
        tags.push(await fetchEtag(owner, path));
      }
      expect(new Set(tags).size).toBe(tags.length);
    });

    it("the response to a change has the ETag that the next GET returns", async () => {
      const { owner, account, accounts, organizations, [api]: path } = await setUp();
      const answers =
        api === "accounts"
          ? [await owner.patch(accounts, { title: "One" }), await owner.patch(accounts, {})]
          : [
              await owner.patch(organizations, { name: "One" }),
              await owner.put(organizations, { name: "One", slug: account.slug }),
            ];
      for (const answer of answers) expect(etagOf(answer)).toBe(await fetchEtag(owner, path));
    });

    it("If-None-Match with the current tag returns 304 to callers who may read the account", async () => {
      const { owner, [api]: path } = await setUp();
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

    it("If-None-Match with * returns 304", async () => {
      const { owner, [api]: path } = await setUp();
      const answer = await owner.get(path, ifNoneMatch("*"));
      expect([answer.status, answer.text]).toEqual([304, ""]);
    });

    it("a tag from before a change no longer matches", async () => {
      const { owner, accounts, [api]: path } = await setUp();
      const before = await fetchEtag(owner, path);
      await owner.patch(accounts, { title: "New" });
      expect((await owner.get(path, ifNoneMatch(before))).status).toBe(200);
      expect((await owner.get(path, ifNoneMatch(await fetchEtag(owner, path)))).status).toBe(304);
    });

    it("If-None-Match reveals nothing to callers who may not read the account [R5]", async () => {
      const { owner, account, [api]: path } = await setUp();
      const outsider = await createUser();
      for (const value of [await fetchEtag(owner, path), "*"]) {
        const answer = await outsider.get(path, ifNoneMatch(value));
        expect(statusAndBody(answer)).toEqual(statusAndBody(await outsider.get(path)));
        expect(answer.headers.get("ETag")).toBeNull();
        expect([403, 404]).toContain(answer.status);
      }
      expect((await owner.get(accountPath(account))).status).toBe(200);
    });
  },
);

it("readers who see different fields get different ETags of the same version [R5]", async () => {
  const { owner, account, accounts } = await setUp();
  const saml = { domain: "a.example", sso_url: "https://a.example/", entity_id: "a", x509_cert: certificate };
  await owner.patch(accounts, { saml });
  const member = await createMember(account);
  const [full, partial] = [await fetchEtag(owner, accounts), await fetchEtag(member, accounts)];
  expect(full).not.toBe(partial);
  expect((await owner.get(accounts, ifNoneMatch(partial))).status).toBe(200);
  expect((await owner.patch(accounts, { title: "New" }, ifMatch(partial))).status).toBe(200);
});
