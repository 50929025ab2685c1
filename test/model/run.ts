/** Runs a scenario with the service and the model, and compares them after every step. */
import { expect } from "vitest";

import { delayedQueue } from "../support/cost-meter.ts";
import { runStatements } from "../support/database.ts";
import { type ApiResponse, Caller, createToken } from "../support/fixtures.ts";
import { workerWith } from "../support/worker.ts";
import { accountExpectations } from "./account-expectations.ts";
import { type Actor, type CommandInput, type ExpectedRequest, pick } from "./command.ts";
import { invitesOf } from "./invitation-commands.ts";
import { isActive, type State, type User } from "./model.ts";
import { leakedIn, visibleTo } from "./observer.ts";
import { organizationExpectations } from "./organization-expectations.ts";
import { ownExpectations } from "./own-expectations.ts";
import { type CommandName, commands, type Scenario, type ScenarioStep } from "./scenario.ts";
import { nextUser } from "./user-commands.ts";

/** The statuses of the responses by command. */
export type StatusesByCommand = Map<CommandName, Set<number>>;

/** Runs one scenario. Throws if the service and the model differ. */
export async function runScenario(scenario: Scenario, statuses: StatusesByCommand): Promise<void> {
  const current = await ScenarioRun.start(scenario, statuses);
  for (const { owner, furnished, members, invited, colleagues } of scenario.accounts) {
    const founder: Actor = { user: current.userAt(owner % scenario.users.length), token: undefined };
    const on = current.state.accounts.length;
    await current.execute("create", founder, { on });
    if (furnished) {
      await current.execute("uploadLogo", founder, { on });
      await current.execute("rename", founder, { on, yes: true });
    }
    for (const draw of members) await current.execute("changeMember", founder, { ...draw, on, yes: true });
    for (const draw of invited) await current.execute("invite", founder, { ...draw, on });
    for (const colleague of colleagues) await current.addColleague(founder, on, colleague);
  }
  for (const step of scenario.steps) await current.takeStep(step);
  await current.checkEverything();
}

type Colleague = Scenario["accounts"][number]["colleagues"][number];

const plain: CommandInput = {
  by: 0,
  withToken: false,
  on: 0,
  whom: 0,
  role: "AMEMBER",
  organizations: false,
  yes: false,
};

class ScenarioRun {
  readonly state: State = { sign: signOf(), users: [], accounts: [], things: 0 };
  readonly #callers = new Map<User, Caller>();
  readonly #worker: (request: Request) => Promise<Response>;
  readonly #statuses: StatusesByCommand;

  constructor(scenario: Scenario, statuses: StatusesByCommand) {
    this.#statuses = statuses;
    const operators = scenario.users
      .map(({ operator }, at) => (operator ? `u${at}k${this.state.sign}q@example.com` : ""))
      .join(",");
    // No job of a scenario runs during another one.
    this.#worker = workerWith({ OPERATORS: operators, JOBS: delayedQueue });
  }

  /** Starts a run with users who have signed in. */
  static async start(scenario: Scenario, statuses: StatusesByCommand): Promise<ScenarioRun> {
    const current = new ScenarioRun(scenario, statuses);
    for (const { group, operator } of scenario.users) {
      const next = nextUser(current.state);
      const caller = await current.#callerOf(next);
      const user: User = { ...next, operator, uuid: (await caller.get("/api/v1/user")).body.id };
      user.signedIn = true;
      current.state.users.push(user);
      current.#callers.set(user, caller);
      if (group !== 0) await current.#putInto(group, user);
    }
    return current;
  }

  async #putInto(group: number, user: User): Promise<void> {
    await runStatements([
      "INSERT INTO user_groups (user_id, group_id) SELECT id, ? FROM users WHERE uuid = ?",
      group,
      user.uuid,
    ]);
    user.groups = [group];
  }

  /** Creates a user who has not signed in. */
  async addColleague(founder: Actor, on: number, { group, elsewhere }: Colleague): Promise<void> {
    const { users, accounts } = this.state;
    const whom = users.length;
    await this.execute("createUser", founder, { on });
    const made = users[whom];
    if (made === undefined) return;
    const [another] = accounts[on - 1]?.members.keys() ?? [];
    if (elsewhere && another !== undefined) {
      await this.execute(
        "changeMember",
        { user: another, token: undefined },
        { on: on - 1, whom, yes: true },
      );
    }
    if (group !== 0) await this.#putInto(group, made);
  }

  userAt(at: number): User {
    const user = pick(this.state.users, at);
    if (user === undefined) throw new Error("A scenario without users");
    return user;
  }

  /** Runs one step: a user executes a command, then the user and another one each read something. */
  async takeStep(step: ScenarioStep): Promise<void> {
    const user = this.#actorOf(step);
    if (!user.signedIn && !(await this.#signIn(user))) return;
    const token = step.withToken ? pick(user.tokens, step.on) : undefined;
    await this.execute(step.command, { user, token }, step);
    for (const looker of [user, this.userAt(step.looker)]) {
      if (!looker.signedIn) continue;
      const view = pick(this.#viewsOf(looker, step.look), step.look);
      if (view !== undefined) await this.#ask({ user: looker, token: pick(looker.tokens, step.whom) }, view);
    }
  }

  /** Picks the user of a step: anyone, or as often a member of the account. */
  #actorOf({ by, on, command }: ScenarioStep): User {
    const { accounts, users } = this.state;
    const members = [...(pick(accounts, on)?.members ?? [])].filter(([{ signedIn }]) => signedIn);
    const owners = command === "activate" || command === "deleteUser";
    const concerned = members.filter(([, role]) => !owners || role === "AOWNER").map(([user]) => user);
    const near = command === "block" ? users.filter(({ operator }) => operator) : concerned;
    return (by % 2 === 0 ? undefined : pick(near, by)) ?? this.userAt(by);
  }

  /** Executes a command as a user, if it has a target. */
  async execute(name: CommandName, actor: Actor, draw: Partial<CommandInput>): Promise<void> {
    const plan = await commands[name](this.state, actor, { ...plain, ...draw });
    if (plan === undefined) return;
    const status = await this.#ask(actor, plan);
    this.#statuses.set(name, (this.#statuses.get(name) ?? new Set()).add(status));
  }

  /** Lets every user read everything. */
  async checkEverything(): Promise<void> {
    for (const [at, user] of this.state.users.entries()) {
      if (!user.signedIn) continue;
      // A deactivated or deleted user gets the same response everywhere.
      const views = this.#viewsOf(user, at).slice(0, isActive(user) ? undefined : ownExpectations.length);
      await Promise.all(views.map((view) => this.#ask({ user, token: undefined }, view)));
    }
  }

  /** Returns all reads of a user. `at` picks the other user and the invitation. */
  #viewsOf(user: User, at: number): ExpectedRequest[] {
    const { state } = this;
    const invite = pick(invitesOf(state), at);
    const own = ownExpectations.map((view) => view(state, user, this.userAt(at + 1), invite));
    const ofAccounts = state.accounts.flatMap((account, index) =>
      [...accountExpectations, ...organizationExpectations].map((view) =>
        view(state, user, account, this.userAt(at + index)),
      ),
    );
    return [...own, ...ofAccounts].filter((plan) => plan !== undefined);
  }

  /** Sends a request, compares the response with the model and returns the status. */
  async #ask({ user, token }: Actor, plan: ExpectedRequest): Promise<number> {
    const { method = "GET", path, body, raw } = plan;
    const caller = token === undefined ? this.#callers.get(user) : new Caller(token.token).via(this.#worker);
    if (caller === undefined) throw new Error("A user who has not signed in");
    const before = visibleTo(this.state, user);
    const answer = await caller.send(method, path, body, raw === undefined ? {} : { raw });
    const good = isActive(user) && token?.good !== false;
    const asked = `${user.mark} ${method} ${path}`;
    expectAnswer(asked, answer, good ? plan : { ...plan, status: 401 });
    const known = new Set<string>();
    if (answer.status < 300) {
      await plan.apply?.(answer);
      if (plan.names !== undefined) known.add(plan.names.mark).add(plan.names.id);
    }
    if (good) for (const mark of [...before, ...visibleTo(this.state, user)]) known.add(mark);
    // A 422 repeats the caller's own input.
    if (answer.status !== 422) expectNothing(asked, leakedIn(this.state, answer, known));
    return answer.status;
  }

  /** Signs in a user created by somebody else. */
  async #signIn(user: User): Promise<boolean> {
    if (!isActive(user)) return false;
    const caller = await this.#callerOf(user);
    expectAnswer(`${user.mark} signs in`, await caller.get("/api/v1/user"), {
      status: 200,
      observe: ({ body }) => body.id,
      expected: user.uuid,
    });
    this.#callers.set(user, caller);
    user.signedIn = true;
    return true;
  }

  async #callerOf({ mark, email }: Pick<User, "mark" | "email">): Promise<Caller> {
    const claims = { sub: mark, email, email_verified: true, given_name: "Ann", family_name: mark };
    return new Caller(await createToken(claims), email, this.#worker);
  }
}

/** Asserts that a response is the expected one. */
function expectAnswer(
  asked: string,
  answer: ApiResponse,
  expectation: Pick<ExpectedRequest, "status" | "observe" | "expected">,
): void {
  const { status, observe, expected } = expectation;
  expect([asked, answer.status, answer.text]).toEqual([asked, status, answer.text]);
  if (status < 300 && observe !== undefined) expect([asked, observe(answer)]).toEqual([asked, expected]);
}

/** Asserts that a response has no data of others. */
function expectNothing(asked: string, foreign: readonly string[]): void {
  expect([asked, foreign]).toEqual([asked, []]);
}

/** Returns a word that is unique to a scenario. */
function signOf(): string {
  return crypto.randomUUID().replaceAll("-", "").slice(0, 12);
}
