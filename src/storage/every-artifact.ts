// Iterates over all artifacts of one model, for rare background work.
import { everyEntry } from './every-entry.ts';
import type { ArtifactStore } from './storage.ts';

const PAGE = 200;

/** Yields the payloads of a model, see `everyEntry`. */
export async function* everyArtifact(artifacts: ArtifactStore, model: string): AsyncGenerator<Record<string, unknown>> {
  const read = async (after: string, limit: number) => artifacts.listAfter(model, after, limit);
  for await (const { payload } of everyEntry(read, ({ id }) => id, '', PAGE)) yield payload;
}
