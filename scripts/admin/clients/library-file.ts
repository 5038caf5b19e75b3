// The file of a client app that uses one of the libraries in samples/clients/libraries.ts.
import type { Library } from '../../../samples/clients/libraries.ts';
import type { Values } from '../topic.ts';
import { originOf, TEMPLATES } from './templates.ts';

/**
 * Makes the file's content from the library's template and the settings that the library needs.
 * @param secretHash of the client secret, for a client app on a server
 */
export function fileForLibrary({ kind, file }: Library, values: Values, secretHash?: string): Record<string, unknown> {
  const made = TEMPLATES[kind]?.make(values, secretHash) ?? {};
  const beyond = JSON.stringify(file).replaceAll('{origin}', originOf(values['redirect-uri']));
  const { common_id: ours, ...metadata } = JSON.parse(beyond) as Record<string, unknown>;
  return { ...made, ...metadata, common_id: { ...Object(made['common_id']), ...Object(ours) } };
}
