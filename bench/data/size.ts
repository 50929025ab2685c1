import { CliError } from "../../scripts/cli.ts";

/** The fewest accounts: of so many every operation has what it asks for. */
const fewest = 1_000;

/** Reads how many accounts are wanted, 1,000 where nothing is said; throws a CliError for what is no such number. */
export function readAccounts(given = String(fewest)): number {
  const accounts = Number(given);
  if (Number.isSafeInteger(accounts) && accounts >= fewest) return accounts;
  throw new CliError(`--accounts is a whole number from ${fewest} on, not ${JSON.stringify(given)}`);
}
