/** Migrations that a later release could contain, as `npm run generate -- --custom` creates them. */

/** A migration file. */
export interface SampleMigration {
  readonly name: string;
  readonly sql: string;
}

/** A migration that adds a value to a list, and a column that can then hold it. */
export interface AddedValue extends SampleMigration {
  readonly list: string;
  readonly value: string;
  readonly table: string;
  readonly column: string;
}

export const addedValues: readonly AddedValue[] = [
  addValue("languages.name", "XX", "users.language"),
  addValue("plans.slug", "sample-plan", "accounts.type"),
  addValue("account_roles.name", "ASAMPLE", "invites.role"),
  addValue("blocking_states.name", "sample", "accounts.blocking_state"),
  addValue("user_types.name", "SAMPLE", "users.type"),
];

export const sampleMigrations: readonly SampleMigration[] = [
  ...addedValues,
  { name: "9001_add_website.sql", sql: "ALTER TABLE `accounts` ADD `website` text;" },
];

function addValue(list: string, value: string, column: string): AddedValue {
  const [listTable = "", key = ""] = list.split(".");
  const [table = "", name = ""] = column.split(".");
  return {
    name: `9000_add_${listTable}.sql`,
    sql: `INSERT INTO ${listTable} (${key}) VALUES ('${value}');`,
    list: listTable,
    value,
    table,
    column: name,
  };
}
