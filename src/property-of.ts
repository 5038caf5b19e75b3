/** Reads a property of an unknown value, such as a library's error or a JSON response; `undefined` if it has none. */
export function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
