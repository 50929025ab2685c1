import type { Operation } from "../../test/http/schemas.ts";

/** Which operation a request reaches, or what else its path is. */
export type Route =
  | { readonly kind: "operation"; readonly operation: Operation }
  /** The path is one of the document's and the method is not. */
  | { readonly kind: "method"; readonly methods: readonly string[] }
  | { readonly kind: "nothing" };

/** Finds what a method and a target as it stood on the line come to, dots resolved as every client does. */
export function routeOf(operations: readonly Operation[], method: string, target: string): Route {
  const path = pathOf(target);
  const here = operations.filter((operation) => patternOf(operation).test(path));
  // A word in the document goes before a parameter.
  const [first] = here.toSorted((one, other) => parametersIn(one) - parametersIn(other));
  if (first === undefined) return { kind: "nothing" };
  const same = here.filter(({ path: template }) => template === first.path);
  const verb = method === "HEAD" ? "get" : method.toLowerCase();
  const operation = same.find((one) => one.method === verb);
  return operation
    ? { kind: "operation", operation }
    : { kind: "method", methods: same.map((one) => one.method) };
}

/** The path of a target, as the service sees it. */
export function pathOf(target: string): string {
  const { pathname } = new URL(`http://localhost${target.startsWith("/") ? target : `/${target}`}`);
  try {
    return decodeURI(pathname);
  } catch {
    return pathname;
  }
}

function patternOf({ path }: Operation): RegExp {
  const parts = path.split(/\{\w+\}/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^/]+")}$`, "su");
}

function parametersIn({ path }: Operation): number {
  return path.split("{").length;
}
