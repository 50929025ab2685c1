import { searchText } from "../../domain/search.ts";
import { normalizeEmail } from "../../domain/user.ts";

/** The columns that say who a user is, with what the user is found by. */
export function personColumns({
  email,
  firstName,
  lastName,
}: {
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
}) {
  return {
    email,
    emailKey: normalizeEmail(email),
    firstName,
    lastName,
    searchText: searchText([email, firstName, lastName]),
  };
}
