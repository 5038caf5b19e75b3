// Checks all files of config/clients/ together, and makes the clients.
import { checkClient, type Say } from './check-client.ts';
import { checkFapi2 } from './check-fapi2.ts';
import { checkClientSecrets } from './check-client-secrets.ts';
import type { SecretContext } from './check-client-secrets.ts';
import { checkObject, isRecord } from '../problems/check-object.ts';
import { clientSchema } from './client-schema.ts';
import type { ClientFile } from './client-schema.ts';
import type { Client, ClientSecret } from './client.ts';
import { describeValue } from '../problems/describe-value.ts';
import type { Problem } from '../problems/problem.ts';
import { parseJson } from '../problems/parse-json.ts';
import { referencedNames, resolveReferences } from '../settings/references.ts';
import type { ReferenceContext } from '../settings/references.ts';
import { toClient } from './to-client.ts';
import { checkUnsafeClient } from '../unsafe/check-unsafe-client.ts';

/** A file of config/clients/, named relative to the project's root. */
export type ClientFileText = { name: string; text: string };

export type ClientContext = ReferenceContext & SecretContext;

/**
 * Checks all files and reports every mistake. It has no side effects and reads only through `context`, so that a set of files can
 * be checked before it takes effect.
 * @returns the clients of the files without errors, and all problems
 */
export function checkClientFiles(
  files: readonly ClientFileText[],
  context: ClientContext,
): { clients: Client[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const clients: Client[] = [];
  const owners = new Map<string, string>();
  for (const { name, text } of files) {
    const ofFile: Problem[] = [];
    const json = parseJson(name, text, ofFile);
    const { file, secrets } = json === undefined ? { file: {} } : checkFile(name, json, context, ofFile);
    checkOwner(name, file.client_id, owners, ofFile);
    problems.push(...ofFile);
    // The cast is safe: a missing required key is an error.
    if (ofFile.every(({ severity }) => severity !== 'error')) clients.push(toClient(file as ClientFile, secrets));
  }
  return { clients, problems };
}

/** Returns the names that the files of enabled clients refer to, each with those files. Skips files that cannot be parsed. */
export function namesInClientFiles(files: readonly ClientFileText[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const { name, text } of files) {
    const json = parseJson(name, text, []);
    if (isDisabled(json)) continue;
    for (const referenced of new Set(referencedNames(json))) names.set(referenced, [...(names.get(referenced) ?? []), name]);
  }
  return names;
}

/** Returns the secret files that the client files name. Skips files that cannot be parsed. */
export function secretFilesIn(files: readonly ClientFileText[]): string[] {
  return files.flatMap(({ name, text }) => {
    const json = parseJson(name, text, []);
    const entries = isRecord(json) ? [json.client_secret].flat().filter(isRecord) : [];
    return entries.flatMap(({ $file }) => (typeof $file === 'string' ? [$file] : []));
  });
}

function isDisabled(json: unknown): boolean {
  return isRecord(json) && isRecord(json.common_id) && json.common_id.enabled === false;
}

type Checked = { file: Partial<ClientFile>; secrets?: ClientSecret[] | undefined };

function checkFile(source: string, json: unknown, given: ClientContext, problems: Problem[]): Checked {
  // A disabled client may refer to variables that are not set yet.
  const context: ClientContext = isDisabled(json)
    ? { ...given, lookup: (name) => given.lookup(name) ?? null, readSecretFile: () => null }
    : given;
  const resolved = resolveReferences(json, context, source, problems);
  // checkClientSecrets reports secrets, without showing them.
  const { client_secret: secret, ...rest } = isRecord(resolved) ? resolved : { client_secret: undefined };
  const file = checkObject(clientSchema, isRecord(resolved) ? rest : resolved, source, problems, (path) => path.at(-1) === 'd');
  const present = (key: string): boolean => isRecord(json) && json[key] !== undefined;
  const say: Say = (key, expected, found, hint) => {
    problems.push({ severity: 'error', source, key, expected, found, hint });
  };
  checkClient(file, present, context, say);
  checkFapi2(file, say);
  checkUnsafeClient(file, context.mode, context.lookup('ISSUER') ?? undefined, (severity, key, expected, found, hint) => {
    problems.push({ severity, source, key, expected, found, hint });
  });
  return { file, secrets: checkClientSecrets(source, secret, context, problems) };
}

function checkOwner(source: string, id: string | undefined, owners: Map<string, string>, problems: Problem[]): void {
  if (id === undefined) return;
  const owner = owners.get(id);
  if (owner === undefined) owners.set(id, source);
  else {
    const found = `${describeValue(id)}, which ${owner} has`;
    problems.push({ severity: 'error', source, key: 'client_id', expected: 'an id that no other file has', found });
  }
}
