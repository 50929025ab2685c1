/** The query of a request: of a key given more than once, the last counts, as on both published services. */
export function parseQuery(url: string): Record<string, string> {
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  if (!url.includes("?")) return query;
  for (const [key, value] of new URL(url).searchParams) query[key] = value;
  return query;
}
