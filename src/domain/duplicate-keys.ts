// JSON in which a name stands twice: every reader takes another one of the two, so it says different things to different programs.

// Strings, and what an object or list is made of; numbers and words are passed over.
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * The names that an object in this text has had already (RFC 7519 section 4 lets a JWT with such claims be refused), and where.
 * @param json valid JSON
 */
export function duplicateKeys(json: string): { name: string; position: number }[] {
  const found: { name: string; position: number }[] = [];
  /** For each object or list around this place: the names so far, or `undefined` for a list. */
  const around: (Set<string> | undefined)[] = [];
  let nameFollows = false;
  for (const { 0: token, index: position } of json.matchAll(TOKEN)) {
    if (token === '{' || token === '[') around.push(token === '{' ? new Set() : undefined);
    else if (token === '}' || token === ']') around.pop();
    const names = around.at(-1);
    if (nameFollows && names && token.startsWith('"')) {
      const name = JSON.parse(token) as string;
      if (names.has(name)) found.push({ name, position });
      names.add(name);
    }
    nameFollows = token === '{' || token === ',';
  }
  return found;
}
