// Turns a view and its data into HTML. EJS escapes all output; `<%-` is for includes only (a test holds the views to it).
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ejs from 'ejs';
import { fingerprint } from '../config/watch-files.ts';

/** Nobody edits a view and loads its page in less. */
const LOOK_AGAIN_AFTER_MS = 300;

export type RenderView = (file: string, locals: Record<string, unknown>) => string;

/**
 * @param viewsDirectory the root of all views; `include('/partials/field', …)` in a view starts there, and what is included knows
 * what the view knows besides what it is given
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
    // All of them: to look at each takes less than to compile one.
    compiled.clear();
  }

  function compiledView(file: string): ejs.TemplateFunction {
    let view = compiled.get(file);
    if (!view) {
      const filename = join(viewsDirectory, `${file}.ejs`);
      // Options are fixed here and never come from a request (CVE-2022-29078).
      view = ejs.compile(readFileSync(filename, 'utf8'), {
        filename,
        strict: true,
        _with: false,
        localsName: 'v',
        // Ours stands in the place of EJS's, which resolves the path and copies its own options each time: half the work of a page.
        destructuredLocals: ['include'],
        // A mail's plain text has nothing to escape from.
        ...(file.endsWith('.text') ? { escape: (text?: string | number) => String(text ?? '') } : {}),
      });
      compiled.set(file, view);
    }
    return view;
  }

  function render(file: string, locals: Record<string, unknown>): string {
    const include = (included: string, data: Record<string, unknown>): string =>
      // Without a slash in front it lies beside the view that includes it.
      render(included.startsWith('/') ? included : join(dirname(file), included), { ...locals, ...data });
    return compiledView(file)({ ...locals, include });
  }

  return (file, locals) => {
    if (!cache) forgetEdited();
    return render(file, locals);
  };
}
