// Records when a client was removed or disabled. Its tokens, codes and grants end then, even if the client comes back later.
import { createHash } from 'node:crypto';
import type { Client } from '../../config/config.ts';
import type { EpochMilliseconds } from '../../domain/account.ts';
import type { ArtifactStore } from '../../storage/storage.ts';

/** Names of the two artifact models, which are stored beside those of oidc-provider. */
const SET = 'CommonIdClientSet';
const END = 'CommonIdClientEnd';
const IN_FORCE = 'in-force';

/** The enabled clients, as of the last time that a process applied a configuration. */
export type ClientSet = { version: string; since: EpochMilliseconds; clients: Client[] };

/** Reads the stored set of clients; `undefined` before the first start. */
export async function readClientSet(artifacts: ArtifactStore): Promise<ClientSet | undefined> {
  return (await artifacts.find(SET, IN_FORCE)) as ClientSet | undefined;
}

/** Reads when each client was last removed or disabled. Clients that never were are left out. */
export async function readClientEnds(
  artifacts: ArtifactStore,
  clients: readonly Client[],
): Promise<ReadonlyMap<string, EpochMilliseconds>> {
  const ends = new Map<string, EpochMilliseconds>();
  for (const { metadata } of clients) {
    const end = await artifacts.find(END, metadata.client_id);
    if (typeof end?.ended_at === 'number') ends.set(metadata.client_id, end.ended_at);
  }
  return ends;
}

/**
 * Stores the enabled clients, and the end of those that are no longer enabled. adapter.ts then hides the artifacts of an ended
 * client.
 * @param keepSeconds how long an end is stored: the longest lifetime of any artifact of a client
 * @param onEnd called for each client that ended, with the time since when the set was stored that it stood in. If the process dies before the
 * new set is stored, it is called again at the next start, with the same time.
 * @returns the clients that ended now, with their last metadata
 */
export async function writeClientSet(
  artifacts: ArtifactStore,
  clients: readonly Client[],
  now: EpochMilliseconds,
  keepSeconds: number,
  onEnd: (client: Client, since: EpochMilliseconds) => Promise<void>,
): Promise<Client[]> {
  const enabled = clients.filter((client) => client.enabled);
  const before = await readClientSet(artifacts);
  const since = before?.since ?? now;
  const there = new Set(enabled.map(({ metadata }) => metadata.client_id));
  const ended = (before?.clients ?? []).filter(({ metadata }) => !there.has(metadata.client_id));
  for (const client of ended) {
    await artifacts.save(END, client.metadata.client_id, { ended_at: now }, now + keepSeconds * 1000);
    await onEnd(client, since);
  }
  const version = versionOf(enabled);
  if (version !== before?.version) await artifacts.save(SET, IN_FORCE, { version, since: now, clients: enabled }, undefined);
  return ended;
}

function versionOf(clients: readonly Client[]): string {
  return createHash('sha256').update(JSON.stringify(clients)).digest('base64url');
}
