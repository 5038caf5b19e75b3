// Flattens a JSON value into paths, so that people can compare it line by line.

/** Returns every path of a JSON value with its value. A list of strings is one line. */
export function flatten(value: unknown, path = ''): Map<string, string> {
  const flat = new Map<string, string>();
  const add = (at: string, inner: unknown): void => {
    if (inner === undefined) return;
    const isText = typeof inner !== 'object' || inner === null;
    if (isText) flat.set(at, String(inner));
    else if (Array.isArray(inner) && inner.every((item) => typeof item !== 'object'))
      flat.set(at, inner.length ? inner.join(', ') : 'none');
    else for (const [key, part] of Object.entries(inner)) add(at === '' ? key : `${at}.${key}`, part);
  };
  add(path, value);
  return flat;
}
