/** Calls usage objects directly, so often per request that the request itself is negligible. */
const metrics = ["pages_processed", "searches_performed", "ai_tokens_used", "bytes_processed"];
const hour = 3_600_000;

const calls = {
  ours: (env, name) =>
    env.OURS.get(env.OURS.idFromName(name)).increment(
      { accountUuid: name, amount: 1, limit: 1e9, overridden: false, enforcement: "refuse" },
      Date.now(),
    ),
  bare: (env, name) => env.BARE.get(env.BARE.idFromName(name)).increment(1),
  returning: (env, name) => env.BARE.get(env.BARE.idFromName(name)).incrementAndReturn(1),
  record: (env, name) => {
    const now = Date.now();
    const events = Array.from({ length: 1000 }, (_, index) => ({
      id: crypto.randomUUID(),
      metric: metrics[index % metrics.length],
      value: index,
      knowledgebox: `00000000-0000-4000-8000-00000000000${index % 10}`,
      timestamp: now - (index % 24) * hour,
    }));
    return env.OURS.get(env.OURS.idFromName(name)).record({ accountUuid: name, events, windowDays: 35 }, now);
  },
};

export default {
  async fetch(request, env) {
    const { call, times, connections, objects } = await request.json();
    let started = 0;
    const callRepeatedly = async () => {
      while (started < times) {
        started += 1;
        await calls[call](env, `object-${started % objects}`);
      }
    };
    await Promise.all(Array.from({ length: connections }, callRepeatedly));
    return new Response();
  },
};
