// Checks all files of config/clients/ together, and makes the clients of them.
import { checkClient } from './check-client.ts';
import { checkObject, isRecord } from './check-object.ts';
import { clientSchema } from './client-schema.ts';
import type { ClientFile } from './client-schema.ts';
import type { Client } from './config.ts';
import { describeValue } from './describe-value.ts';
import type { Problem } from './problem.ts';
import { parseJson } from './read-json-file.ts';
import { referencedNames, resolveReferences } from './references.ts';
import type { ReferenceContext } from './references.ts';
import { isClientSecret } from './settings.ts';
import { toClient } from './to-client.ts';
import type { Mode } from './web-url.ts';

/** A file of config/clients/, named relative to the project's root. */
export type ClientFileText = { name: string; text: string };

export type ClientContext = ReferenceContext & { mode: Mode };

/**
 * Checks the files, all of them and all of each. Pure: nothing is read, fetched or kept, so that a set of files can be tried before
 * it takes effect.
 * @returns the clients of the files without a mistake, and every mistake
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
    const file = json === undefined ? {} : checkFile(name, json, context, ofFile);
    checkOwner(name, file.client_id, owners, ofFile);
    problems.push(...ofFile);
    // Every key that is needed is there: a missing one is an error.
    if (ofFile.every(({ severity }) => severity !== 'error')) clients.push(toClient(file as ClientFile, context.lookup));
  }
  return { clients, problems };
}

/** The names that the files of enabled client apps refer to, each with the files that do. Broken files refer to nothing. */
export function namesInClientFiles(files: readonly ClientFileText[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const { name, text } of files) {
    const json = parseJson(name, text, []);
    if (isDisabled(json)) continue;
    for (const referenced of new Set(referencedNames(json))) names.set(referenced, [...(names.get(referenced) ?? []), name]);
  }
  return names;
}

function isDisabled(json: unknown): boolean {
  return isRecord(json) && isRecord(json.common_id) && json.common_id.enabled === false;
}

function checkFile(source: string, json: unknown, given: ClientContext, problems: Problem[]): Partial<ClientFile> {
  // A client app that is switched off may wait for what it refers to.
  const context = isDisabled(json) ? { ...given, lookup: (name: string) => given.lookup(name) ?? null } : given;
  const resolved = resolveReferences(json, context, source, problems);
  const file = checkObject(
    clientSchema,
    resolved,
    source,
    problems,
    (path) => path[0] === 'client_secret' || path.at(-1) === 'd',
  );
  const present = (key: string): boolean => isRecord(json) && json[key] !== undefined;
  checkClient(file, present, context.mode, (key, expected, found, mend) => {
    problems.push({ severity: 'error', source, key, expected, found, mend });
  });
  checkSecret(source, file, context, problems);
  return file;
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

function checkSecret(source: string, file: Partial<ClientFile>, context: ClientContext, problems: Problem[]): void {
  const name = file.client_secret?.$env;
  if (name === undefined) return;
  const secret = context.lookup(name);
  // A setting that is a problem has been told with its own name.
  if (secret === null || (secret !== undefined && isClientSecret(secret))) return;
  problems.push({
    severity: 'error',
    source,
    key: 'client_secret',
    expected: `at least 32 characters out of A–Z a–z 0–9 - . _ ~ in ${name}`,
    found: secret === undefined ? 'nothing' : `a value of ${secret.length} characters (not shown)`,
    mend: 'make one with: openssl rand -hex 32',
  });
}
