// Values as JSON text, as the databases store them. The type of the value goes with the text.

declare const written: unique symbol;
/** The JSON text of a `Value`. Only `toJson` makes one, so that `fromJson` knows what it reads. */
export type Json<Value> = string & { readonly [written]: Value };

export function toJson<Value>(value: Value): Json<Value> {
  return JSON.stringify(value) as Json<Value>;
}

/** @throws {SyntaxError} the text in the database was damaged */
export function fromJson<Value>(text: Json<Value>): Value {
  return JSON.parse(text) as Value;
}
