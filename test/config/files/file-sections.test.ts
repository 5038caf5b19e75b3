// The table of configuration files: every section is read, and every file of config/ has a reader.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { FILE_SECTIONS, type FileSection } from '../../../src/config/files/file-sections.ts';
import { inspectConfig } from '../../../src/config/load.ts';
import { temporaryProjects } from '../temporary-project.ts';

const { make, clean } = temporaryProjects();
afterAll(clean);

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SECTIONS = Object.entries<FileSection>(FILE_SECTIONS);

/** All files below config/, relative to the project's root. */
function filesIn(directory: string): string[] {
  return readdirSync(join(directory, 'config'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(directory, '/').length));
}

test.each(SECTIONS)('a mistake in the files of %s is reported', (name, { path }) => {
  const project = make();
  const files = filesIn(project.directory).filter((file) => file.startsWith(path));
  expect({ name, files: files.length > 0 }).toEqual({ name, files: true });
  for (const file of files) {
    const text = project.read(file);
    project.write(file, file.endsWith('.json') ? '{' : '\n');
    const { problems } = inspectConfig({ env: {}, directory: project.directory, apps: ['id'] });
    expect({ file, errors: problems.map(({ severity, source }) => `${severity} ${source}`) }).toEqual({
      file,
      errors: expect.arrayContaining([`error ${file}`]),
    });
    project.write(file, text);
  }
});

test('every file of config/ has a reader', () => {
  const read = [
    ...SECTIONS.flatMap(([name, { path, schema }]) => [path, ...(schema ? [`config/${name}.schema.json`] : [])]),
    'config/clients/',
    'config/clients.schema.json',
    'config/locales/',
    'config/common-passwords.txt',
  ];
  const left = filesIn(ROOT).filter((file) => !read.some((path) => file.startsWith(path)));
  expect(left.map((file) => `${file}: add a section to src/config/files/file-sections.ts that reads it`)).toEqual([]);
});

test.each(SECTIONS.filter(([, { schema }]) => schema))('the file of %s names its schema', (name, { path }) => {
  expect(JSON.parse(readFileSync(join(ROOT, path), 'utf8'))).toMatchObject({ $schema: `${name}.schema.json` });
});
