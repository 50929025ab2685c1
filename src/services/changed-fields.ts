/**
 * The values that are wanted and not what is there; one left out stays. An update to the same value
 * would be billed and told as a change.
 */
export function changedFields<Values extends object>(
  stored: Values,
  wanted: { readonly [Name in keyof Values]?: Values[Name] | undefined },
): Partial<Values> {
  const changed = Object.entries(wanted).filter(
    ([name, value]) =>
      value !== undefined && JSON.stringify(value) !== JSON.stringify(stored[name as keyof Values]),
  );
  return Object.fromEntries(changed) as Partial<Values>;
}
