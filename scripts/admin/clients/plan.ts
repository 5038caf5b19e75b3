// clients plan: shows how the files differ from the running configuration.
import { ConfigError } from '../../../src/config/problems/config-error.ts';
import type { Client } from '../../../src/config/config.ts';
import { inspectConfig } from '../../../src/config/load.ts';
import { readClientSet } from '../../../src/oidc/clients/client-ends.ts';
import { everyArtifact } from '../../../src/storage/every-artifact.ts';
import { openStorage } from '../../../src/storage/open-storage.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { databaseIsThere } from '../database-is-there.ts';
import type { Action } from '../topic.ts';
import { comparePlan, type Change } from './compare-plan.ts';

export type Touched = { grants: number; people: number };

export const plan: Action = {
  does: 'shows what the files would change, and how many people this affects',
  async run({ env, directory }) {
    const { config, clients, problems } = inspectConfig({ env, directory, apps: ['id'], keys: 'unchecked' });
    if (!config) throw new ConfigError(problems);
    const { databaseUrl } = config();
    // Does not create a missing database.
    const storage = databaseIsThere(databaseUrl) ? await openStorage(databaseUrl, Date.now) : undefined;
    try {
      const inForce = storage && (await readClientSet(storage.artifacts));
      const changes = comparePlan(inForce?.clients ?? [], clients);
      const touched = storage ? await countTouched(storage, changes) : [];
      const json = {
        in_force_since: inForce && new Date(inForce.since).toISOString(),
        changes: changes.map((change, index) => ({ ...change, touches: touched[index] ?? { grants: 0, people: 0 } })),
      };
      return { json, text: describe(inForce, changes, touched) };
    } finally {
      await storage?.close();
    }
  },
};

async function countTouched({ artifacts }: Storage, changes: readonly Change[]): Promise<Touched[]> {
  const counted = new Map(changes.map(({ client_id: id }) => [id, { grants: 0, people: new Set<unknown>() }]));
  for await (const { clientId, accountId } of everyArtifact(artifacts, 'Grant')) {
    const of = counted.get(String(clientId));
    if (!of) continue;
    of.grants += 1;
    of.people.add(accountId);
  }
  return [...counted.values()].map(({ grants, people }) => ({ grants, people: people.size }));
}

function describe(
  inForce: { since: number; clients: Client[] } | undefined,
  changes: readonly Change[],
  touched: readonly Touched[],
): string {
  const since = inForce
    ? `In force since ${new Date(inForce.since).toISOString()}: ${inForce.clients.length} client apps.`
    : 'Nothing is in force yet.';
  const counts = (['added', 'changed', 'removed'] as const).map(
    (kind) => `${changes.filter((change) => change.kind === kind).length} ${kind}`,
  );
  const lines = changes.flatMap((change, index) => describeChange(change, touched[index]));
  return [
    since,
    changes.length ? `The files would change: ${counts.join(', ')}.` : 'The files would change nothing.',
    ...lines,
    '',
  ].join('\n');
}

const SIGNS = { added: '+', changed: '~', removed: '-' } as const;

function describeChange(change: Change, touches: Touched | undefined): string[] {
  const { kind, client_id: id, fields } = change;
  const people =
    touches && touches.grants > 0
      ? `  (${counted(touches.people, 'person', 'people')}, ${counted(touches.grants, 'grant', 'grants')}${kind === 'removed' ? ' end' : ''})`
      : '';
  return [
    '',
    `${SIGNS[kind]} ${id}${people}`,
    ...fields.map(
      ({ key, before, after }) => `    ${key}: ${kind === 'added' ? after : `${before ?? 'nothing'} → ${after ?? 'nothing'}`}`,
    ),
  ];
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
