// Reads config/dealers.json.
import { checkObject } from './check-object.ts';
import type { Dealer } from './config.ts';
import { dealersSchema } from './dealers-schema.ts';
import { describeValue } from './describe-value.ts';
import type { Problem } from './problem.ts';
import { readJsonFile } from './read-json-file.ts';
import { resolveReferences } from './references.ts';
import type { ReferenceContext } from './references.ts';
import { expectedWebUrl, isWebUrl } from './web-url.ts';
import type { Mode } from './web-url.ts';

const FILE = 'config/dealers.json';

export function readDealers(directory: string, context: ReferenceContext & { mode: Mode }, problems: Problem[]): Dealer[] {
  const json = readJsonFile(directory, FILE, problems);
  if (json === undefined) return [];
  const resolved = resolveReferences(json, context, FILE, problems);
  const { dealers = [] } = checkObject(dealersSchema, resolved, FILE, problems);
  const seen = { code: new Set<string>(), resource: new Set<string>() };
  dealers.forEach((dealer, index) => {
    for (const key of ['code', 'resource'] as const) {
      if (seen[key].has(dealer[key])) {
        const found = describeValue(dealer[key]);
        problems.push({
          severity: 'error',
          source: FILE,
          key: `dealers[${index}].${key}`,
          expected: `a ${key} that no other dealer has`,
          found,
        });
      }
      seen[key].add(dealer[key]);
    }
    if (!isWebUrl(dealer.resource, context.mode)) {
      const expected = expectedWebUrl(context.mode);
      problems.push({
        severity: 'error',
        source: FILE,
        key: `dealers[${index}].resource`,
        expected,
        found: describeValue(dealer.resource),
      });
    }
  });
  return dealers;
}
