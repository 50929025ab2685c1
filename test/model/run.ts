/** Plays a drawn scenario against the service and the model, and holds one against the other at every step. */
import { expect } from "vitest";

import { delayedQueue } from "../support/cost-meter.ts";
import { run } from "../support/database.ts";
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

/** Which moves were answered with which statuses. */
export type StatusesByCommand = Map<CommandName, Set<number>>;

/** Plays one scenario; throws where the service does or shows anything the model does not. */
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
  readonly #door: (request: Request) => Promise<Response>;
  readonly #statuses: StatusesByCommand;

  constructor(scenario: Scenario, statuses: StatusesByCommand) {
    this.#statuses = statuses;
    const operators = scenario.users
      .map(({ operator }, at) => (operator ? `u${at}k${this.state.sign}q@example.com` : ""))
      .join(",");
    // Nothing of these scenarios is mailed or swept while others are told.
    this.#door = workerWith({ OPERATORS: operators, JOBS: delayedQueue });
  }

  /** Starts a run with users, who have signed in. */
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
    await run([
      "INSERT INTO user_groups (user_id, group_id) SELECT id, ? FROM users WHERE uuid = ?",
      group,
      user.uuid,
    ]);
    user.groups = [group];
  }

  /** Makes a user who has not signed in. */
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

  /** One step: somebody does something, and then they and somebody else look around. */
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

  /** Who takes a step: anybody, and as often somebody who has to do with what it is about. */
  #actorOf({ by, on, command }: ScenarioStep): User {
    const { accounts, users } = this.state;
    const members = [...(pick(accounts, on)?.members ?? [])].filter(([{ signedIn }]) => signedIn);
    const owners = command === "activate" || command === "deleteUser";
    const concerned = members.filter(([, role]) => !owners || role === "AOWNER").map(([user]) => user);
    const near = command === "block" ? users.filter(({ operator }) => operator) : concerned;
    return (by % 2 === 0 ? undefined : pick(near, by)) ?? this.userAt(by);
  }

  /** Does something as somebody, if there is anything to do it to. */
  async execute(name: CommandName, actor: Actor, draw: Partial<CommandInput>): Promise<void> {
    const plan = await commands[name](this.state, actor, { ...plain, ...draw });
    if (plan === undefined) return;
    const status = await this.#ask(actor, plan);
    this.#statuses.set(name, (this.#statuses.get(name) ?? new Set()).add(status));
  }

  /** Everybody looks at everything. */
  async checkEverything(): Promise<void> {
    for (const [at, user] of this.state.users.entries()) {
      if (!user.signedIn) continue;
      // Who is nobody any more is told the same everywhere.
      const views = this.#viewsOf(user, at).slice(0, isActive(user) ? undefined : ownExpectations.length);
      await Promise.all(views.map((view) => this.#ask({ user, token: undefined }, view)));
    }
  }

  /** All there is for a user to look at; `at` says which other user and which invitation. */
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

  /** Asks, and holds the answer against the model; the status. */
  async #ask({ user, token }: Actor, plan: ExpectedRequest): Promise<number> {
    const { method = "GET", path, body, raw } = plan;
    const caller = token === undefined ? this.#callers.get(user) : new Caller(token.token).via(this.#door);
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
    // What does not fit is told back to who sent it.
    if (answer.status !== 422) expectNothing(asked, leakedIn(this.state, answer, known));
    return answer.status;
  }

  /** Lets a user sign in who was made by somebody else: they become that user. */
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
    return new Caller(await createToken(claims), email, this.#door);
  }
}

/** Asserts that an answer is the one of the model. */
function expectAnswer(
  asked: string,
  answer: ApiResponse,
  told: Pick<ExpectedRequest, "status" | "observe" | "expected">,
): void {
  const { status, observe, expected } = told;
  expect([asked, answer.status, answer.text]).toEqual([asked, status, answer.text]);
  if (status < 300 && observe !== undefined) expect([asked, observe(answer)]).toEqual([asked, expected]);
}

/** Asserts that an answer holds nothing of others. */
function expectNothing(asked: string, foreign: readonly string[]): void {
  expect([asked, foreign]).toEqual([asked, []]);
}

/** What marks all of one scenario and nothing else. */
function signOf(): string {
  return crypto.randomUUID().replaceAll("-", "").slice(0, 12);
}
