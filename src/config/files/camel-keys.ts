// Names of files (`window_seconds`) as names of code (`windowSeconds`).

type Camel<Name extends string> = Name extends `${infer First}_${infer Rest}` ? `${First}${Capitalize<Camel<Rest>>}` : Name;

/** An object whose keys, at every depth, are written in camel case. */
export type CamelKeys<Value> = Value extends object
  ? { [Key in keyof Value & string as Camel<Key>]: CamelKeys<Value[Key]> }
  : Value;

/** Writes the keys of an object, at every depth, in camel case. Lists are not taken. */
export function camelKeys<Value extends object>(value: Value): CamelKeys<Value> {
  const entries = Object.entries(value).map(([key, inner]: [string, unknown]) => [
    key.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    typeof inner === 'object' && inner !== null ? camelKeys(inner) : inner,
  ]);
  return Object.fromEntries(entries) as CamelKeys<Value>;
}
