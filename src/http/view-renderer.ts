// Turns a view and its data into HTML. EJS escapes all output; `<%-` is for includes only (a test holds the views to it).
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ejs from 'ejs';

export type RenderView = (file: string, locals: Record<string, unknown>) => string;

/**
 * @param viewsDirectory the root of all views; `include('/partials/field', …)` in a view starts there, and what is included knows
 * what the view knows besides what it is given
 * @param cache whether compiled views are kept until the process ends; otherwise, as in development, until the file is edited
 */
export function createViewRenderer(viewsDirectory: string, cache: boolean): RenderView {
  const compiled = new Map<string, { view: ejs.TemplateFunction; version: string }>();

  function compiledView(file: string): ejs.TemplateFunction {
    const filename = join(viewsDirectory, `${file}.ejs`);
    const version = cache ? '' : versionOf(filename);
    const known = compiled.get(file);
    if (known?.version === version) return known.view;
    // Options are fixed here and never come from a request (CVE-2022-29078).
    const view = ejs.compile(readFileSync(filename, 'utf8'), {
      filename,
      strict: true,
      _with: false,
      localsName: 'v',
      // Ours stands in the place of EJS's, which resolves the path and copies its own options each time: half the work of a page.
      destructuredLocals: ['include'],
      // A mail's plain text has nothing to escape from.
      ...(file.endsWith('.text') ? { escape: (text?: string | number) => String(text ?? '') } : {}),
    });
    compiled.set(file, { view, version });
    return view;
  }

  function render(file: string, locals: Record<string, unknown>): string {
    const include = (included: string, data: Record<string, unknown>): string =>
      // Without a slash in front it lies beside the view that includes it.
      render(included.startsWith('/') ? included : join(dirname(file), included), { ...locals, ...data });
    return compiledView(file)({ ...locals, include });
  }

  return render;
}

/** Changes when the file is edited. */
function versionOf(filename: string): string {
  const { mtimeMs, size, ino } = statSync(filename);
  return `${mtimeMs} ${size} ${ino}`;
}
