// A copy of the shipped config/ that a test may change.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SHIPPED = fileURLToPath(new URL('../../config', import.meta.url));
/** Large files that loading does not need. */
const LEFT_OUT = new Set(['locales', 'common-passwords.txt']);

export type TemporaryProject = {
  directory: string;
  read: (name: string) => string;
  write: (name: string, text: string) => void;
  /** Changes a JSON file: sets the value at each path (`dealers.1.code`), or removes it (`undefined`). */
  edit: (name: string, changes: Record<string, unknown>) => void;
  remove: (name: string) => void;
};

/** Copies config/ into a new directory; `clean` removes all copies. */
export function temporaryProjects(): { make: () => TemporaryProject; clean: () => void } {
  const made: string[] = [];
  return {
    make: () => {
      const directory = mkdtempSync(join(tmpdir(), 'common-id-config-'));
      made.push(directory);
      cpSync(SHIPPED, join(directory, 'config'), { recursive: true, filter: (path) => !LEFT_OUT.has(basename(path)) });
      const at = (name: string): string => join(directory, name);
      const read = (name: string): string => readFileSync(at(name), 'utf8');
      const write = (name: string, text: string): void => writeFileSync(at(name), text);
      return {
        directory,
        read,
        write,
        edit: (name, changes) => {
          const json: unknown = JSON.parse(read(name));
          for (const [path, value] of Object.entries(changes)) setAt(json, path.split('.'), value);
          write(name, JSON.stringify(json));
        },
        remove: (name) => rmSync(at(name), { recursive: true }),
      };
    },
    clean: () => {
      for (const directory of made) rmSync(directory, { recursive: true });
    },
  };
}

function setAt(json: unknown, [part = '', ...rest]: string[], value: unknown): void {
  const object = json as Record<string, unknown>;
  if (rest.length > 0) setAt(object[part], rest, value);
  else object[part] = value;
}
