// Turns a view and its data into HTML. EJS escapes all output; `<%-` is for includes only (a test holds the views to it).
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';

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
    const state = stateOf(viewsDirectory);
    if (state === compiledOf) return;
    compiledOf = state;
    compiled.clear();
    // Of what views include.
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

/** Of every file its name and when it was written: a view is made of many, and compiling them all takes longer than looking at each. */
function stateOf(directory: string): string {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name));
  return paths.map((path) => `${path} ${statSync(path).mtimeMs}`).join();
}
