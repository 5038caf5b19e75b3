// Finds names that stand twice in a JSON object. Readers disagree on which of the two counts.
import { visit } from 'jsonc-parser';

/**
 * The names that their object already has, each with the offset of its second place. RFC 7519, section 4 lets a JWT with such claims be
 * refused.
 * @param json valid JSON
 * @throws {RangeError} if it is nested some thousand levels deep
 */
export function duplicateKeys(json: string): { name: string; position: number }[] {
  const found: { name: string; position: number }[] = [];
  /** The names of each object around the current place, from the outside in. */
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
