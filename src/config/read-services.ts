// Reads config/services.json.
import { checkObject } from './check-object.ts';
import type { Service } from './config.ts';
import { describeValue } from './describe-value.ts';
import type { Problem } from './problem.ts';
import { readJsonFile } from './read-json-file.ts';
import { resolveReferences } from './references.ts';
import type { ReferenceContext } from './references.ts';
import { servicesSchema } from './services-schema.ts';
import { expectedWebUrl, isWebUrl } from './web-url.ts';
import type { Mode } from './web-url.ts';

const FILE = 'config/services.json';

export function readServices(directory: string, context: ReferenceContext & { mode: Mode }, problems: Problem[]): Service[] {
  const json = readJsonFile(directory, FILE, problems);
  if (json === undefined) return [];
  const { services = [] } = checkObject(servicesSchema, resolveReferences(json, context, FILE, problems), FILE, problems);
  return services.map(({ name, description, url }, index) => {
    if (url !== undefined && !isWebUrl(url, context.mode)) {
      const expected = expectedWebUrl(context.mode);
      problems.push({ severity: 'error', source: FILE, key: `services[${index}].url`, expected, found: describeValue(url) });
    }
    return { name, ...(description && { description }), ...(url !== undefined && { url }) };
  });
}
