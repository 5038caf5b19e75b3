// Iterates over all artifacts of one model, for rare background work.
import type { ArtifactStore } from './storage.ts';

const PAGE = 200;

/** Reads page by page, so that requests are answered in between. Items written during the scan may or may not be returned. */
export async function* everyArtifact(artifacts: ArtifactStore, model: string): AsyncGenerator<Record<string, unknown>> {
  for (let after = ''; ;) {
    const page = await artifacts.listAfter(model, after, PAGE);
    for (const { payload } of page) yield payload;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = last.id;
  }
}
