// Removing or disabling a client app ends its tokens, codes and grants, also if it comes back later.
import { createHash } from 'node:crypto';
import type { Client } from '../../config/config.ts';
import type { EpochMilliseconds } from '../../domain/account.ts';
import type { ArtifactStore } from '../../storage/storage.ts';

/** What is kept about the set of client apps, among what oidc-provider keeps. */
const SET = 'CommonIdClientSet';
const END = 'CommonIdClientEnd';
const IN_FORCE = 'in-force';

/** The client apps that were in force when a process last took up a configuration. */
export type ClientSet = { version: string; since: EpochMilliseconds; clients: Client[] };

/** The set in force, as the last process to take up a configuration wrote it; `undefined` before the first start. */
export async function readClientSet(artifacts: ArtifactStore): Promise<ClientSet | undefined> {
  return (await artifacts.find(SET, IN_FORCE)) as ClientSet | undefined;
}

/** When each of the client apps was last removed or disabled; those that never were are not in it. */
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
 * Writes down which client apps are in force, and when those that were and are no more ended. What an ended one was given is
 * found no more, see adapter.ts; the mark is kept for as long as anything of it could live.
 * @param keepSeconds the longest lifetime of anything that a client app is given
 * @returns those that ended with this, as they were in force
 */
export async function writeClientSet(
  artifacts: ArtifactStore,
  clients: readonly Client[],
  now: EpochMilliseconds,
  keepSeconds: number,
): Promise<Client[]> {
  const enabled = clients.filter((client) => client.enabled);
  const before = await readClientSet(artifacts);
  const there = new Set(enabled.map(({ metadata }) => metadata.client_id));
  const ended = (before?.clients ?? []).filter(({ metadata }) => !there.has(metadata.client_id));
  for (const { metadata } of ended) await artifacts.save(END, metadata.client_id, { ended_at: now }, now + keepSeconds * 1000);
  const version = versionOf(enabled);
  if (version !== before?.version) await artifacts.save(SET, IN_FORCE, { version, since: now, clients: enabled }, undefined);
  return ended;
}

function versionOf(clients: readonly Client[]): string {
  return createHash('sha256').update(JSON.stringify(clients)).digest('base64url');
}
