// Finds duplicate names in JSON objects. Parsers disagree on which of the two values counts.
import { visit } from 'jsonc-parser';

/**
 * Finds duplicate names, each with the offset of its second occurrence. RFC 7519, section 4 allows a JWT with duplicate claims to
 * be rejected.
 * @param json valid JSON
 * @throws {RangeError} if it is nested thousands of levels deep
 */
export function duplicateKeys(json: string): { name: string; position: number }[] {
  const found: { name: string; position: number }[] = [];
  /** The names of each object around the current position, outermost first. */
  const around: Set<string>[] = [];
  visit(json, {
    onObjectBegin: () => void around.push(new Set()),
    onObjectProperty: (name, position) => {
      const names = around.at(-1);
      if (names?.has(name)) found.push({ name, position });
      names?.add(name);
    },
    onObjectEnd: () => void around.pop(),
  });
  return found;
}
