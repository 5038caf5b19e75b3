// Goes through everything of one model, for work that is done seldom and beside the requests.
import type { ArtifactStore } from './storage.ts';

const PAGE = 200;

/** Reads page by page, so that requests are answered in between. What is written meanwhile may be missed, and may not. */
export async function* everyArtifact(artifacts: ArtifactStore, model: string): AsyncGenerator<Record<string, unknown>> {
  for (let after = ''; ;) {
    const page = await artifacts.listAfter(model, after, PAGE);
    for (const { payload } of page) yield payload;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = last.id;
  }
}
