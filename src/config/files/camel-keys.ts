// Converts the names in files (`window_seconds`) to names in code (`windowSeconds`).

type Camel<Name extends string> = Name extends `${infer First}_${infer Rest}` ? `${First}${Capitalize<Camel<Rest>>}` : Name;

/** An object type with all keys, at every depth, in camel case. */
export type CamelKeys<Value> = Value extends object
  ? { [Key in keyof Value & string as Camel<Key>]: CamelKeys<Value[Key]> }
  : Value;

/** Converts the keys of an object, at every depth, to camel case. It does not support arrays. */
export function camelKeys<Value extends object>(value: Value): CamelKeys<Value> {
  const entries = Object.entries(value).map(([key, inner]: [string, unknown]) => [
    key.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    typeof inner === 'object' && inner !== null ? camelKeys(inner) : inner,
  ]);
  return Object.fromEntries(entries) as CamelKeys<Value>;
}
