/** Simultaneous changes of an account with and without If-Match. */
import { describe, expect, it } from "vitest";

import { usageLimits } from "../../../src/domain/plan.ts";
import { accountChanges, getBody, notThisVersion, setUp, sortedStatuses } from "../../support/operator.ts";
import { statusAndBody } from "../../support/fixtures.ts";

const noUsage = Object.fromEntries(usageLimits.map((name) => [name, null]));

describe("the version of an account", () => {
  it("the ETag names the version, and If-Match rejects changes of another version", async () => {
    const { owner, root, account, path } = await setUp();
    const first = await root.get(path);
    const tag = String(first.headers.get("ETag"));
    expect(tag).toMatch(/^"1-[0-9a-f]{16}"$/);
    expect((await root.get(path, { headers: { "If-None-Match": tag } })).status).toBe(304);
    const send = (body: unknown, match: string) => root.patch(path, body, { headers: { "If-Match": match } });
    const second = await send({ max_users: 5 }, tag);
    expect(second.status).toBe(200);
    const newer = String(second.headers.get("ETag"));
    expect(newer).toMatch(/^"2-/);
    for (const match of [tag, `W/${newer}`, '"nonsense"', ","])
      for (const body of [{ max_users: 6 }, {}, { max_users: 5 }])
        expect(statusAndBody(await send(body, match))).toEqual({ status: 412, body: notThisVersion });
    expect(statusAndBody(await send({ max_users: -1 }, tag))).toMatchObject({ status: 422 });
    expect((await getBody(root, path)).max_users).toBe(5);
    expect((await send({ max_users: 6 }, `${tag}, ${newer}`)).status).toBe(200);
    expect((await send({ max_users: 7 }, "*")).status).toBe(200);
    const theirs = String((await owner.get(`/api/v1/account/${account.id}`)).headers.get("ETag"));
    expect((await send({ max_users: 8 }, theirs)).status).toBe(200);
    expect(await accountChanges(account)).toHaveLength(4);
  });

  it("of two changes with If-Match of the same version one succeeds", async () => {
    const { root, account, path } = await setUp();
    const match = { headers: { "If-Match": String((await root.get(path)).headers.get("ETag")) } };
    const answers = await Promise.all([5, 6].map((max_users) => root.patch(path, { max_users }, match)));
    expect(sortedStatuses(answers)).toEqual([200, 412]);
    expect(await accountChanges(account)).toHaveLength(1);
  });

  it("simultaneous changes without If-Match all succeed, and none is lost", async () => {
    const { owner, root, account, path } = await setUp();
    const upload = { upload_limit_max_media_file_size: 1, upload_limit_max_non_media_file_size: 2 };
    const usage = { ...noUsage, storage_limit_max_bytes_per_kb: 3 };
    const bodies = [{ max_users: 5 }, { usage_limit: 6 }, { limits: { upload } }, { limits: { usage } }];
    const answers = await Promise.all([
      ...bodies.map((body) => root.patch(path, body)),
      owner.patch(`/api/v1/account/${account.id}`, { description: "At once" }),
    ]);
    expect(sortedStatuses(answers)).toEqual([200, 200, 200, 200, 200]);
    const after = { max_users: 5, usage_limit: 6, limits: { upload, usage }, description: "At once" };
    expect(await getBody(root, path)).toMatchObject(after);
    expect(await accountChanges(account)).toHaveLength(5);
  });
});
