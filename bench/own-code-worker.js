/**
 * Answers a request as often as it is told to, with what database and usage object answered the first
 * time: what is left is the service's own code.
 */
import { app } from "../src/app.ts";

export default {
  async fetch(request, env, ctx) {
    const { url, times, ...asked } = await request.json();
    const remembering = remember(env);
    for (let done = 0; done < times; done += 1) {
      const answer = await app.fetch(new Request(url, asked), remembering, ctx);
      if (!answer.ok) return answer;
    }
    return new Response();
  },
};

/** The same bindings, each asked once for the same thing. */
function remember(env) {
  const known = new Map();
  const once = (name, ask) => {
    if (!known.has(name)) known.set(name, ask());
    return known.get(name);
  };
  const database = {
    prepare: (sql) => ({ bind: (...values) => ({ sql, values }) }),
    batch: (statements) =>
      once(statements.map(({ sql }) => sql).join(), () =>
        env.DB.batch(statements.map(({ sql, values }) => env.DB.prepare(sql).bind(...values))),
      ),
  };
  const object = {
    increment: (...input) =>
      once("increment", () => env.USAGE.get(env.USAGE.idFromName("remembered")).increment(...input)),
  };
  return {
    ...env,
    DB: database,
    USAGE: { idFromName: (name) => name, get: () => object },
    JOBS: { send: async () => {} },
  };
}
