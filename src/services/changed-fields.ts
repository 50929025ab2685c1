/**
 * Returns the fields of `patch` that differ from `current`; undefined fields are ignored. An update to the same
 * value would be billed, and recorded as a change.
 */
export function changedFields<Fields extends object>(
  current: Fields,
  patch: { readonly [Name in keyof Fields]?: Fields[Name] | undefined },
): Partial<Fields> {
  const changed = Object.entries(patch).filter(
    ([name, value]) =>
      value !== undefined && JSON.stringify(value) !== JSON.stringify(current[name as keyof Fields]),
  );
  return Object.fromEntries(changed) as Partial<Fields>;
}
