import { CliError } from "../cli.ts";
import type { Question } from "./compare.ts";

/** Makes what the questions are about, and returns them by kind; within one all answers must be alike. */
export async function makeQuestions(
  address: URL,
  [asker = "", one = "", two = "", several = ""]: readonly string[],
): Promise<Record<string, Question[]>> {
  const call = (token: string, method: string, path: string, body?: object) =>
    fetch(new URL(path, address), {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
  const make = async (token: string, path: string, body: object): Promise<string> => {
    const answer = await call(token, "POST", path, body);
    const text = await answer.text();
    if (answer.status !== 201) throw new CliError(`POST ${path} was answered ${answer.status}: ${text}`);
    const made = JSON.parse(text) as { id?: string };
    return made.id ?? "";
  };
  await make(asker, "/api/v1/accounts", { slug: "askers" });
  const account = await make(one, "/api/v1/accounts", { slug: "of-one" });
  await make(two, "/api/v1/accounts", { slug: "of-two" });
  for (const slug of ["several-a", "several-b"]) await make(several, "/api/v1/accounts", { slug });
  // Two users of one address, in one organization.
  for (const first_name of ["Twin", "Other"]) {
    await make(two, "/accounts/users/", { email: "twins@example.com", first_name });
  }

  const asking = (name: string, method: string, path: string, body?: object): Question => ({
    name,
    ask: async () => {
      const answer = await call(asker, method, path, body);
      return `${answer.status} ${await answer.text()}`;
    },
  });
  const login = (name: string, email: string) => asking(name, "POST", "/accounts/login_url/", { email });
  const read = (name: string, slug: string) => asking(name, "GET", `/api/v1/account/${slug}`);
  const organization = (name: string, id: string) => asking(name, "GET", `/accounts/organizations/${id}/`);
  return {
    "where an address signs in": [
      login("of nobody", "nobody@example.com"),
      login("of nobody, once more", "nobody@example.com"),
      login("of a user in one organization", "one@example.com"),
      login("of a user in two", "several@example.com"),
      login("of two users", "twins@example.com"),
    ],
    "an account by slug": [
      read("that is not there", "of-nobody"),
      read("that is not there, once more", "of-nobody"),
      read("that is another's", "of-one"),
    ],
    "an organization by uuid": [
      organization("that is not there", crypto.randomUUID()),
      organization("that is not there, once more", crypto.randomUUID()),
      organization("that is another's", account),
    ],
  };
}
