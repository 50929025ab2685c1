import { CliError } from "../../scripts/cli.ts";

/** Smallest number of accounts that all operations can use. */
const minAccounts = 1_000;

/** Parses `--accounts`; 1,000 by default. Throws a CliError if it is invalid. */
export function readAccounts(given = String(minAccounts)): number {
  const accounts = Number(given);
  if (Number.isSafeInteger(accounts) && accounts >= minAccounts) return accounts;
  throw new CliError(
    `--accounts must be a whole number of at least ${minAccounts}, not ${JSON.stringify(given)}`,
  );
}
