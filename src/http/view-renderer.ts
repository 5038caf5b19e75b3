// Turns a view and its data into HTML. EJS escapes all output; `<%-` is for includes only (a test holds the views to it).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';

export type RenderView = (file: string, locals: Record<string, unknown>) => string;

/**
 * @param viewsDirectory the root of all views; `include('/partials/field', …)` in a view starts there
 * @param cache compiled views are kept; off in development, so that an edited view shows at once
 */
export function createViewRenderer(viewsDirectory: string, cache: boolean): RenderView {
  const compiled = new Map<string, ejs.TemplateFunction>();
  return (file, locals) => {
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
        cache,
        // A mail's plain text has nothing to escape from.
        ...(file.endsWith('.text') ? { escape: (text?: string | number) => String(text ?? '') } : {}),
      });
      if (cache) compiled.set(file, template);
    }
    return template(locals);
  };
}
