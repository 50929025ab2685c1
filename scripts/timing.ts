/**
 * Measures whether the time of an answer tells what the answer does not: asks the running service
 * questions that must look alike, in turns, and compares how long each takes with the first of its kind.
 */
import { withService } from "./quality/service.ts";
import { CliError, main } from "./cli.ts";
import { chanceSlower, median, told, type Question } from "./timing/compare.ts";
import { makeQuestions } from "./timing/questions.ts";
import { tokens } from "./dev/tokens.ts";

const rounds = 1000;
/** Answers before the first that counts, of each question. */
const warming = 50;

await main(() =>
  withService({ limits: "off" }, async (service, state) => {
    const people = await tokens(
      state,
      ...["asker", "one", "two", "several"].map((name) => `${name}@example.com`),
    );
    for (const [kind, questions] of Object.entries(await makeQuestions(service.address, people))) {
      report(kind, questions, await measure(questions));
    }
  }),
);

/** Returns how long each question took in each round, in milliseconds. Throws a CliError when answers differ. */
async function measure(questions: readonly Question[]): Promise<number[][]> {
  const taken: number[][] = questions.map(() => []);
  const answers = new Set<string>();
  for (let round = -warming; round < rounds; round += 1) {
    // In an order of its own each round, so that what one leaves behind meets all others alike.
    for (const index of shuffled(questions.length)) {
      const question = questions[index];
      if (question === undefined) continue;
      const began = performance.now();
      const answer = await question.ask();
      const time = performance.now() - began;
      answers.add(answer);
      if (round >= 0) taken[index]?.push(time);
    }
  }
  if (answers.size !== 1) throw new CliError(`answers differ:\n${[...answers].join("\n")}`);
  return taken;
}

function report(kind: string, questions: readonly Question[], taken: readonly number[][]): void {
  const [first = []] = taken;
  console.log(`${kind}, ${rounds} times each`);
  for (const [index, times] of taken.entries()) {
    const chance = chanceSlower(times, first);
    const name = questions[index]?.name ?? "";
    const middle = `${median(times).toFixed(2)} ms`;
    console.log(`  ${name.padEnd(44)} ${middle}  slower than the first: ${told(chance, times.length)}`);
  }
}

function shuffled(length: number): number[] {
  return Array.from({ length }, (_, index) => ({ index, order: Math.random() }))
    .sort((one, other) => one.order - other.order)
    .map(({ index }) => index);
}
