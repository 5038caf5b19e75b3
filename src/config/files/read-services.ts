// Reads config/services.json.
import { checkObject, recordsAt } from '../problems/check-object.ts';
import type { LocalizedText } from '../clients/client.ts';
import { describeValue } from '../problems/describe-value.ts';
import { nearestName } from '../problems/nearest-name.ts';
import type { Problem } from '../problems/problem.ts';
import { readJsonFile } from '../problems/read-json-file.ts';
import { resolveReferences } from '../settings/references.ts';
import type { FileContext } from './file-context.ts';
import { servicesSchema } from './services-schema.ts';
import { expectedWebUrl, isWebUrl } from '../problems/web-url.ts';

const FILE = 'config/services.json';

/** A service that page ④ shows. */
export type Service = { name: LocalizedText; description?: LocalizedText; client_id?: string; url?: string };

/** Reads the services; reports mistakes. */
export function readServices(context: FileContext, problems: Problem[]): Service[] {
  const { directory, mode, clients } = context;
  const json = readJsonFile(directory, FILE, problems);
  if (json === undefined) return [];
  const resolved = resolveReferences(json, context, FILE, problems);
  const { services = [] } = checkObject(servicesSchema, resolved, FILE, problems);
  const ids = clients?.map(({ metadata }) => metadata.client_id);
  recordsAt(resolved, 'services').forEach(({ url, client_id: id }, index) => {
    const say = (severity: Problem['severity'], key: string, expected: string, found: unknown, hint?: string): void => {
      problems.push({ severity, source: FILE, key: `services[${index}].${key}`, expected, found: describeValue(found), hint });
    };
    if (typeof url === 'string' && !isWebUrl(url, mode)) say('error', 'url', expectedWebUrl(mode), url);
    if (typeof url === 'string' && id !== undefined) say('error', 'url', 'no URL beside client_id', url, 'remove one of them');
    if (typeof id !== 'string' || !ids || ids.includes(id)) return;
    const nearest = nearestName(id, ids);
    say(
      'warning',
      'client_id',
      'the id of a client app',
      id,
      `it is shown without a link${nearest ? `; did you mean ${nearest}?` : ''}`,
    );
  });
  return services.map(({ name, description, client_id: id, url }) => ({
    name,
    ...(description && { description }),
    ...(id !== undefined && { client_id: id }),
    ...(url !== undefined && { url }),
  }));
}
