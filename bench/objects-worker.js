/** Calls usage objects directly, so often per request that the request itself does not count. */
const metrics = ["pages_processed", "searches_performed", "ai_tokens_used", "bytes_processed"];
const hour = 3_600_000;

const calls = {
  ours: (env, name) =>
    env.OURS.get(env.OURS.idFromName(name)).increment(
      { accountUuid: name, amount: 1, limit: 1e9, overridden: false, enforcement: "refuse" },
      Date.now(),
    ),
  bare: (env, name) => env.BARE.get(env.BARE.idFromName(name)).increment(1),
  telling: (env, name) => env.BARE.get(env.BARE.idFromName(name)).incrementAndTell(1),
  record: (env, name) => {
    const now = Date.now();
    const events = Array.from({ length: 1000 }, (_, place) => ({
      id: crypto.randomUUID(),
      metric: metrics[place % metrics.length],
      value: place,
      knowledgebox: `00000000-0000-4000-8000-00000000000${place % 10}`,
      timestamp: now - (place % 24) * hour,
    }));
    return env.OURS.get(env.OURS.idFromName(name)).record({ accountUuid: name, events, windowDays: 35 }, now);
  },
};

export default {
  async fetch(request, env) {
    const { call, times, connections, objects } = await request.json();
    let begun = 0;
    const keepCalling = async () => {
      while (begun < times) {
        begun += 1;
        await calls[call](env, `object-${begun % objects}`);
      }
    };
    await Promise.all(Array.from({ length: connections }, keepCalling));
    return new Response();
  },
};
