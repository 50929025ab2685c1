/** Random scenarios: users, accounts and steps. */
import * as fc from "fast-check";

import { accountCommands } from "./account-commands.ts";
import type { CommandInput } from "./command.ts";
import { invitationCommands } from "./invitation-commands.ts";
import { memberCommands } from "./member-commands.ts";
import type { Role } from "./model.ts";
import { userCommands } from "./user-commands.ts";

/** All commands. */
export const commands = { ...accountCommands, ...memberCommands, ...invitationCommands, ...userCommands };
export type CommandName = keyof typeof commands;
export const commandNames = Object.keys(commands) as CommandName[];

export interface ScenarioStep extends CommandInput {
  readonly command: CommandName;
  /** The read after the command, and the other reader. */
  readonly look: number;
  readonly looker: number;
}

export interface Scenario {
  readonly users: readonly { readonly group: 0 | 1 | 2 | 3; readonly operator: boolean }[];
  readonly accounts: readonly {
    readonly owner: number;
    /** Whether it has a logo and single sign-on. */
    readonly furnished: boolean;
    readonly members: readonly { readonly whom: number; readonly role: Role }[];
    readonly invited: readonly { readonly whom: number; readonly role: Role; readonly yes: boolean }[];
    /** Users created there who have not signed in, maybe with a group and a membership of the previous account. */
    readonly colleagues: readonly { readonly group: 0 | 1 | 2 | 3; readonly elsewhere: boolean }[];
  }[];
  readonly steps: readonly ScenarioStep[];
}

const number = fc.nat(999);
const role = fc.constantFrom("AOWNER" as const, "AMEMBER" as const, "AMEMBER" as const);
const group = fc.constantFrom(...([0, 0, 0, 0, 1, 2, 3] as const));
const operator = fc.nat(4).map((chance) => chance === 0);
/** Commands that make the others more interesting are more frequent. */
const often = [
  "activate",
  "activate",
  "changeMember",
  "leave",
  "invite",
  "invite",
  "accept",
  "accept",
  "createToken",
  "deleteToken",
] as const;
const command = fc.constantFrom(...commandNames, ...often);

/** A few users and accounts, and the steps. */
export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  users: fc.array(fc.record({ group, operator }), { minLength: 4, maxLength: 6 }),
  accounts: fc.array(
    fc.record({
      owner: number,
      furnished: fc.boolean(),
      members: fc.array(fc.record({ whom: number, role }), { minLength: 1, maxLength: 3 }),
      invited: fc.array(fc.record({ whom: number, role, yes: fc.boolean() }), { maxLength: 2 }),
      colleagues: fc.array(fc.record({ group, elsewhere: fc.boolean() }), { maxLength: 2 }),
    }),
    { minLength: 2, maxLength: 3 },
  ),
  steps: fc.array(
    fc.record({
      command,
      by: number,
      withToken: fc.boolean(),
      on: number,
      whom: number,
      role,
      organizations: fc.boolean(),
      yes: fc.boolean(),
      look: number,
      looker: number,
    }),
    { minLength: 40, maxLength: 60 },
  ),
});
