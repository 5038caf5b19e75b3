// Reads config/dealers.json.
import { checkObject, recordsAt } from '../problems/check-object.ts';
import { dealersSchema, type Dealer } from './dealers-schema.ts';
import { describeValue } from '../problems/describe-value.ts';
import type { Problem } from '../problems/problem.ts';
import { readJsonFile } from '../problems/read-json-file.ts';
import { resolveReferences } from '../settings/references.ts';
import { checkDealerAddresses } from '../unsafe/check-unsafe-clients.ts';
import type { FileContext } from './file-context.ts';
import { expectedWebUrl, isWebUrl } from '../problems/web-url.ts';

const FILE = 'config/dealers.json';

/** Reads the dealers and reports mistakes. In production it also checks that their addresses are safe. */
export function readDealers(context: FileContext, problems: Problem[]): Dealer[] {
  const { directory, mode, issuer } = context;
  const json = readJsonFile(directory, FILE, problems);
  if (json === undefined) return [];
  const resolved = resolveReferences(json, context, FILE, problems);
  const { dealers = [] } = checkObject(dealersSchema, resolved, FILE, problems);
  const seen = { code: new Set<string>(), resource: new Set<string>() };
  recordsAt(resolved, 'dealers').forEach((dealer, index) => {
    const say = (key: string, expected: string): void => {
      const found = describeValue(dealer[key]);
      problems.push({ severity: 'error', source: FILE, key: `dealers[${index}].${key}`, expected, found });
    };
    for (const key of ['code', 'resource'] as const) {
      const value = dealer[key];
      if (typeof value !== 'string') continue;
      if (seen[key].has(value)) say(key, `a ${key} that no other dealer has`);
      seen[key].add(value);
    }
    if (typeof dealer.resource === 'string' && !isWebUrl(dealer.resource, mode)) say('resource', expectedWebUrl(mode));
  });
  if (mode === 'production') checkDealerAddresses(dealers, issuer, problems);
  return dealers;
}
