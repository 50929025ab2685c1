import { CliError } from "../../cli.ts";

/** A request that is sent many times. */
export interface TimedRequest {
  readonly name: string;
  /** Returns status and body as one text. */
  readonly send: () => Promise<string>;
}

/**
 * Creates users and accounts and returns requests about them, in groups. The responses within a group must be
 * identical, so that they do not reveal whether something exists.
 */
export async function createRequests(
  address: URL,
  [caller = "", one = "", two = "", several = ""]: readonly string[],
): Promise<Record<string, TimedRequest[]>> {
  const call = (token: string, method: string, path: string, body?: object) =>
    fetch(new URL(path, address), {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
  const create = async (token: string, path: string, body: object): Promise<string> => {
    const response = await call(token, "POST", path, body);
    const text = await response.text();
    if (response.status !== 201) throw new CliError(`POST ${path} returned ${response.status}: ${text}`);
    return (JSON.parse(text) as { id?: string }).id ?? "";
  };
  await create(caller, "/api/v1/accounts", { slug: "caller" });
  const accountId = await create(one, "/api/v1/accounts", { slug: "of-one" });
  await create(two, "/api/v1/accounts", { slug: "of-two" });
  for (const slug of ["several-a", "several-b"]) await create(several, "/api/v1/accounts", { slug });
  // Two users with one address in one organization.
  for (const first_name of ["Twin", "Other"]) {
    await create(two, "/accounts/users/", { email: "twins@example.com", first_name });
  }

  const request = (name: string, method: string, path: string, body?: object): TimedRequest => ({
    name,
    send: async () => {
      const response = await call(caller, method, path, body);
      return `${response.status} ${await response.text()}`;
    },
  });
  const login = (name: string, email: string) => request(name, "POST", "/accounts/login_url/", { email });
  const account = (name: string, slug: string) => request(name, "GET", `/api/v1/account/${slug}`);
  const organization = (name: string, id: string) => request(name, "GET", `/accounts/organizations/${id}/`);
  return {
    "login URL of an address": [
      login("unknown address", "nobody@example.com"),
      login("unknown address again", "nobody@example.com"),
      login("user of one organization", "one@example.com"),
      login("user of two organizations", "several@example.com"),
      login("two users with one address", "twins@example.com"),
    ],
    "account by slug": [
      account("does not exist", "of-nobody"),
      account("does not exist, again", "of-nobody"),
      account("of another user", "of-one"),
    ],
    "organization by UUID": [
      organization("does not exist", crypto.randomUUID()),
      organization("does not exist, again", crypto.randomUUID()),
      organization("of another user", accountId),
    ],
  };
}
