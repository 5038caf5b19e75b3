// Checks a value against a zod schema and reports every mistake as a `Problem`.
import { z } from 'zod';
import { describeValue } from './describe-value.ts';
import { nearestName } from './nearest-name.ts';
import type { Problem } from './problem.ts';

type Path = readonly PropertyKey[];

/**
 * Checks an object key by key, so that a mistake in one key does not hide one in another.
 * The schemas' messages are the expected values (`z.string('a text')`).
 * @param isSecret whether the value at a path must not be shown
 * @returns the valid keys, with defaults
 */
export function checkObject<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  value: unknown,
  source: string,
  problems: Problem[],
  isSecret: (path: Path) => boolean = () => false,
): Partial<z.output<z.ZodObject<Shape>>> {
  const error = (path: Path, expected: string, found: string, hint?: string): void => {
    problems.push({ severity: 'error', source, key: path.length === 0 ? undefined : formatPath(path), expected, found, hint });
  };
  if (!isRecord(value)) {
    error([], 'an object', describeValue(value));
    return {};
  }
  const checkNames = (path: Path, names: readonly string[], known: readonly string[]): void => {
    for (const name of names) {
      const nearest = nearestName(name, known);
      const hint = nearest === undefined ? `remove it or use one of ${known.join(', ')}` : `did you mean ${nearest}?`;
      error([...path, name], 'a known key', describeValue(name), hint);
    }
  };
  const known = Object.keys(schema.shape);
  checkNames(
    [],
    Object.keys(value).filter((name) => !known.includes(name)),
    known,
  );
  const right: Record<string, unknown> = {};
  for (const [name, schemaOfName] of Object.entries<z.core.$ZodType>(schema.shape)) {
    const result = z.safeParse(schemaOfName, value[name]);
    if (result.success) {
      if (result.data !== undefined) right[name] = result.data;
      continue;
    }
    for (const issue of result.error.issues) {
      const path = [name, ...issue.path];
      if (issue.code === 'unrecognized_keys') checkNames(path, issue.keys, keysAt(schema, path));
      else error(path, issue.message, isSecret(path) ? 'something else (not shown)' : describeValue(valueAt(value, path)));
    }
  }
  return right as Partial<z.output<z.ZodObject<Shape>>>;
}

/** Formats a path for people: `common_id.required_claims[0].reason`. */
export function formatPath(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      return index === 0 ? String(part) : `.${String(part)}`;
    })
    .join('');
}

/** Returns the objects of a list without checking them, so that a mistake in one does not hide one in another. */
export function recordsAt(value: unknown, key: string): Record<string, unknown>[] {
  const list = isRecord(value) ? value[key] : undefined;
  return Array.isArray(list) ? list.map((entry: unknown) => (isRecord(entry) ? entry : {})) : [];
}

/** Whether a value is an object, but no array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, part) => (typeof at === 'object' && at !== null ? Reflect.get(at, part) : undefined), value);
}

function keysAt(schema: z.core.$ZodType, path: Path): string[] {
  const at = path.reduce<z.core.$ZodType | undefined>((outer, part) => {
    const inner = outer && unwrapped(outer);
    if (inner instanceof z.ZodArray) return inner.element;
    return inner instanceof z.ZodObject ? inner.shape[String(part)] : undefined;
  }, schema);
  const inner = at && unwrapped(at);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault)
    inner = inner.unwrap();
  return inner;
}
