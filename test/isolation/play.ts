/** Plays a drawn story against the service and the model, and holds one against the other at every step. */
import { expect } from "vitest";

import { patientQueue } from "../counting.ts";
import { doorWith } from "../http/door.ts";
import { run } from "../storage/rows.ts";
import { Caller, makeToken, type Answer } from "../world.ts";
import { accountViews } from "./account-views.ts";
import { invitesOf } from "./invite-moves.ts";
import { foreignIn, knownTo } from "./knowledge.ts";
import { isAlive, type State, type User } from "./model.ts";
import { organizationViews } from "./organization-views.ts";
import { ownViews } from "./own-views.ts";
import { pick, type Actor, type Draw, type Plan } from "./plan.ts";
import { moves, type MoveName, type Step, type Story } from "./story.ts";
import { nextUser } from "./user-moves.ts";

/** Which moves were answered with which statuses. */
export type Tally = Map<MoveName, Set<number>>;

/** Plays one story; throws where the service does or shows anything the model does not. */
export async function play(story: Story, tally: Tally): Promise<void> {
  const table = await Table.lay(story, tally);
  for (const { owner, furnished, members, invited, colleagues } of story.accounts) {
    const founder: Actor = { user: table.userAt(owner % story.users.length), token: undefined };
    const on = table.state.accounts.length;
    await table.make("create", founder, { on });
    if (furnished) {
      await table.make("uploadLogo", founder, { on });
      await table.make("rename", founder, { on, yes: true });
    }
    for (const draw of members) await table.make("changeMember", founder, { ...draw, on, yes: true });
    for (const draw of invited) await table.make("invite", founder, { ...draw, on });
    for (const colleague of colleagues) await table.addColleague(founder, on, colleague);
  }
  for (const step of story.steps) await table.take(step);
  await table.sweep();
}

type Colleague = Story["accounts"][number]["colleagues"][number];

const plain: Draw = {
  by: 0,
  withToken: false,
  on: 0,
  whom: 0,
  role: "AMEMBER",
  organizations: false,
  yes: false,
};

class Table {
  readonly state: State = { sign: signOf(), users: [], accounts: [], things: 0 };
  readonly #callers = new Map<User, Caller>();
  readonly #door: (request: Request) => Promise<Response>;
  readonly #tally: Tally;

  constructor(story: Story, tally: Tally) {
    this.#tally = tally;
    const operators = story.users
      .map(({ operator }, at) => (operator ? `u${at}k${this.state.sign}q@example.com` : ""))
      .join(",");
    // Nothing of these stories is mailed or swept while others are told.
    this.#door = doorWith({ OPERATORS: operators, JOBS: patientQueue });
  }

  /** A table with its users, who have signed in. */
  static async lay(story: Story, tally: Tally): Promise<Table> {
    const table = new Table(story, tally);
    for (const { group, operator } of story.users) {
      const next = nextUser(table.state);
      const caller = await table.#callerOf(next);
      const user: User = { ...next, operator, uuid: (await caller.get("/api/v1/user")).body.id };
      user.signedIn = true;
      table.state.users.push(user);
      table.#callers.set(user, caller);
      if (group !== 0) await table.#putInto(group, user);
    }
    return table;
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
    await this.make("createUser", founder, { on });
    const made = users[whom];
    if (made === undefined) return;
    const [another] = accounts[on - 1]?.members.keys() ?? [];
    if (elsewhere && another !== undefined) {
      await this.make("changeMember", { user: another, token: undefined }, { on: on - 1, whom, yes: true });
    }
    if (group !== 0) await this.#putInto(group, made);
  }

  userAt(at: number): User {
    const user = pick(this.state.users, at);
    if (user === undefined) throw new Error("A story without users");
    return user;
  }

  /** One step: somebody does something, and then they and somebody else look around. */
  async take(step: Step): Promise<void> {
    const user = this.#actorOf(step);
    if (!user.signedIn && !(await this.#signIn(user))) return;
    const token = step.withToken ? pick(user.tokens, step.on) : undefined;
    await this.make(step.move, { user, token }, step);
    for (const looker of [user, this.userAt(step.looker)]) {
      if (!looker.signedIn) continue;
      const view = pick(this.#viewsOf(looker, step.look), step.look);
      if (view !== undefined) await this.#ask({ user: looker, token: pick(looker.tokens, step.whom) }, view);
    }
  }

  /** Who takes a step: anybody, and as often somebody who has to do with what it is about. */
  #actorOf({ by, on, move }: Step): User {
    const { accounts, users } = this.state;
    const members = [...(pick(accounts, on)?.members ?? [])].filter(([{ signedIn }]) => signedIn);
    const owners = move === "activate" || move === "deleteUser";
    const concerned = members.filter(([, role]) => !owners || role === "AOWNER").map(([user]) => user);
    const near = move === "block" ? users.filter(({ operator }) => operator) : concerned;
    return (by % 2 === 0 ? undefined : pick(near, by)) ?? this.userAt(by);
  }

  /** Does something as somebody, if there is anything to do it to. */
  async make(name: MoveName, actor: Actor, draw: Partial<Draw>): Promise<void> {
    const plan = await moves[name](this.state, actor, { ...plain, ...draw });
    if (plan === undefined) return;
    const status = await this.#ask(actor, plan);
    this.#tally.set(name, (this.#tally.get(name) ?? new Set()).add(status));
  }

  /** Everybody looks at everything. */
  async sweep(): Promise<void> {
    for (const [at, user] of this.state.users.entries()) {
      if (!user.signedIn) continue;
      // Who is nobody any more is told the same everywhere.
      const views = this.#viewsOf(user, at).slice(0, isAlive(user) ? undefined : ownViews.length);
      await Promise.all(views.map((view) => this.#ask({ user, token: undefined }, view)));
    }
  }

  /** All there is for a user to look at; `at` says which other user and which invitation. */
  #viewsOf(user: User, at: number): Plan[] {
    const { state } = this;
    const invite = pick(invitesOf(state), at);
    const own = ownViews.map((view) => view(state, user, this.userAt(at + 1), invite));
    const ofAccounts = state.accounts.flatMap((account, index) =>
      [...accountViews, ...organizationViews].map((view) =>
        view(state, user, account, this.userAt(at + index)),
      ),
    );
    return [...own, ...ofAccounts].filter((plan) => plan !== undefined);
  }

  /** Asks, and holds the answer against the model; the status. */
  async #ask({ user, token }: Actor, plan: Plan): Promise<number> {
    const { method = "GET", path, body, raw } = plan;
    const caller =
      token === undefined ? this.#callers.get(user) : new Caller(token.token).through(this.#door);
    if (caller === undefined) throw new Error("A user who has not signed in");
    const before = knownTo(this.state, user);
    const answer = await caller.send(method, path, body, raw === undefined ? {} : { raw });
    const good = isAlive(user) && token?.good !== false;
    const asked = `${user.mark} ${method} ${path}`;
    expectAnswer(asked, answer, good ? plan : { ...plan, status: 401 });
    const known = new Set<string>();
    if (answer.status < 300) {
      await plan.does?.(answer);
      if (plan.names !== undefined) known.add(plan.names.mark).add(plan.names.id);
    }
    if (good) for (const mark of [...before, ...knownTo(this.state, user)]) known.add(mark);
    // What does not fit is told back to who sent it.
    if (answer.status !== 422) expectNothing(asked, foreignIn(this.state, answer, known));
    return answer.status;
  }

  /** Lets a user sign in who was made by somebody else: they become that user. */
  async #signIn(user: User): Promise<boolean> {
    if (!isAlive(user)) return false;
    const caller = await this.#callerOf(user);
    expectAnswer(`${user.mark} signs in`, await caller.get("/api/v1/user"), {
      status: 200,
      shows: ({ body }) => body.id,
      is: user.uuid,
    });
    this.#callers.set(user, caller);
    user.signedIn = true;
    return true;
  }

  async #callerOf({ mark, email }: Pick<User, "mark" | "email">): Promise<Caller> {
    const claims = { sub: mark, email, email_verified: true, given_name: "Ann", family_name: mark };
    return new Caller(await makeToken(claims), email, this.#door);
  }
}

/** Asserts that an answer is the one of the model. */
function expectAnswer(asked: string, answer: Answer, told: Pick<Plan, "status" | "shows" | "is">): void {
  const { status, shows, is } = told;
  expect([asked, answer.status, answer.text]).toEqual([asked, status, answer.text]);
  if (status < 300 && shows !== undefined) expect([asked, shows(answer)]).toEqual([asked, is]);
}

/** Asserts that an answer holds nothing of others. */
function expectNothing(asked: string, foreign: readonly string[]): void {
  expect([asked, foreign]).toEqual([asked, []]);
}

/** What marks all of one story and nothing else. */
function signOf(): string {
  return crypto.randomUUID().replaceAll("-", "").slice(0, 12);
}
