// Turns a view and its data into HTML. EJS escapes all output; `<%-` is for includes only (a test holds the views to it).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';
import { fingerprint } from '../config/watch-files.ts';

/** Nobody edits a view and loads its page in less. */
const LOOK_AGAIN_AFTER_MS = 300;

export type RenderView = (file: string, locals: Record<string, unknown>) => string;

/**
 * @param viewsDirectory the root of all views; `include('/partials/field', …)` in a view starts there
 * @param cache compiled views are kept for good; where it is off, as in development, until one is edited, which shows at once
 */
export function createViewRenderer(viewsDirectory: string, cache: boolean): RenderView {
  const compiled = new Map<string, ejs.TemplateFunction>();
  let compiledOf = '';
  let lookedAt = 0;

  function forgetEdited(): void {
    const now = performance.now();
    if (lookedAt !== 0 && now - lookedAt < LOOK_AGAIN_AFTER_MS) return;
    lookedAt = now;
    const state = fingerprint([viewsDirectory]);
    if (state === compiledOf) return;
    compiledOf = state;
    compiled.clear();
    // Of what views include. All of them: to look at each takes less than to compile one.
    ejs.clearCache();
  }

  return (file, locals) => {
    if (!cache) forgetEdited();
    let template = compiled.get(file);
    if (!template) {
      const filename = join(viewsDirectory, `${file}.ejs`);
      // Options are fixed here and never come from a request (CVE-2022-29078).
      template = ejs.compile(readFileSync(filename, 'utf8'), {
        filename,
        root: viewsDirectory,
        strict: true,
        _with: false,
        localsName: 'v',
        cache: true,
        // A mail's plain text has nothing to escape from.
        ...(file.endsWith('.text') ? { escape: (text?: string | number) => String(text ?? '') } : {}),
      });
      compiled.set(file, template);
    }
    return template(locals);
  };
}
