import { CliError } from "../cli.ts";
import type { Tenant } from "./seen.ts";
import type { Line } from "./send.ts";

/** Who asks. */
export interface Caller {
  readonly name: string;
  readonly token: string | undefined;
  /** Whose texts it may be told; `all` of both tenants. */
  readonly sees: readonly Tenant[];
  /** Where what it makes belongs. */
  readonly tenant: Tenant | undefined;
}

export function credentials({ token }: Caller): (readonly [string, string])[] {
  return token === undefined ? [] : [["Authorization", `Bearer ${token}`]];
}

/** Asks for what must succeed; throws a CliError when it does not. */
export function asker(line: Line) {
  return async (
    caller: Caller,
    method: string,
    target: string,
    body?: object,
  ): Promise<Record<string, unknown>> => {
    const { status, text } = await line.send({
      method,
      target,
      headers: [...credentials(caller), ["Content-Type", "application/json"]],
      body: body && Buffer.from(JSON.stringify(body)),
    });
    if (status >= 300)
      throw new CliError(`${caller.name} ${method} ${target} was answered ${status}: ${text}`);
    return (text === "" ? {} : (JSON.parse(text) ?? {})) as Record<string, unknown>;
  };
}
