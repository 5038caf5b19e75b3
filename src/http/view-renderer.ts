// Renders views to HTML. EJS escapes all output; `<%-` is for includes only, which a test enforces.
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ejs from 'ejs';

/** The spaces before tags at the beginnings of lines, a tenth of a page. They mean nothing in HTML, and plain-text mails have no tags. */
const INDENTATION = /^ +(?=<)/gm;

export type RenderView = (file: string, locals: Record<string, unknown>) => string;

/**
 * Creates the function that renders a view.
 * @param viewsDirectory the root of all views, and of `include('/partials/field', …)` in a view. An included view gets the data
 * of the including view as well
 * @param cache whether compiled views are kept until the process ends; otherwise, as in development, until the file changes
 */
export function createViewRenderer(viewsDirectory: string, cache: boolean): RenderView {
  const compiled = new Map<string, { view: ejs.TemplateFunction; version: string }>();

  function compiledView(file: string): ejs.TemplateFunction {
    const filename = join(viewsDirectory, `${file}.ejs`);
    const version = cache ? '' : versionOf(filename);
    const known = compiled.get(file);
    if (known?.version === version) return known.view;
    // The options are constants and never come from a request (CVE-2022-29078).
    const view = ejs.compile(readFileSync(filename, 'utf8').replace(INDENTATION, ''), {
      filename,
      strict: true,
      _with: false,
      localsName: 'v',
      // Our own include replaces EJS's, which resolves paths and copies options each time. That was half the work of a page.
      destructuredLocals: ['include'],
      // Plain-text mails need no escaping.
      ...(file.endsWith('.text') ? { escape: (text?: string | number) => String(text ?? '') } : {}),
    });
    compiled.set(file, { view, version });
    return view;
  }

  function render(file: string, locals: Record<string, unknown>): string {
    const include = (included: string, data: Record<string, unknown>): string =>
      // Without a leading slash, the path is relative to the including view.
      render(included.startsWith('/') ? included : join(dirname(file), included), { ...locals, ...data });
    return compiledView(file)({ ...locals, include });
  }

  return render;
}

/** Returns a version that changes when the file is edited. */
function versionOf(filename: string): string {
  const { mtimeMs, size, ino } = statSync(filename);
  return `${mtimeMs} ${size} ${ino}`;
}
