// The table of client libraries: what `clients new --library` and the recipes are made from.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { libraries } from '../../samples/clients/libraries.ts';
import { sampleFile, settingsOf } from '../../scripts/admin/clients/library-settings.ts';
import { clientFileOf, sampleOf } from '../../scripts/interop/samples.ts';
import { checkClientFiles } from '../../src/config/clients/check-client-files.ts';
import { temporaryProjects } from '../config/temporary-project.ts';
import { startAdminProcess } from './run-admin.ts';

const ROOT = join(import.meta.dirname, '../..');
const { make, clean } = temporaryProjects();
const commands = startAdminProcess();
afterAll(() => {
  commands.stop();
  clean();
});

const context = { mode: 'development', known: [], lookup: () => null, readSecretFile: () => null, now: Date.now() } as const;

test.each(libraries())('%s: the file that is made for it has no mistake', (id, library) => {
  const text = JSON.stringify(clientFileOf(sampleOf(id, library, 3999)));
  expect(checkClientFiles([{ name: 'config/clients/sample.json', text }], context).problems).toEqual([]);
});

test.each(libraries())(
  '%s: its sample has the settings that are printed, and pins the versions that were tried',
  (id, library) => {
    expect(settingsOf(id, library)).not.toBe('');
    expect(library.files.filter((name) => !existsSync(join(ROOT, 'samples/clients', id, name)))).toEqual([]);
    if (library.install === undefined && library.runsIn === 'interop') return;
    const pinned =
      library.runsIn === 'test'
        ? readFileSync(join(ROOT, 'package.json'), 'utf8')
        : [library.install, ...library.files.map((name) => sampleFile(id, name))].join('\n');
    // Spring Boot pins Spring Security.
    for (const [name, version] of Object.entries(library.packages))
      if (name !== 'spring-security') expect(pinned).toContain(version);
  },
);

test('clients new --library writes the file for the library, and prints its settings', async () => {
  const project = make();
  const options = ['--id', 'new-app', '--name', 'New app', '--contact', 'us', '--redirect-uri', 'http://localhost:3999/callback'];
  const args = ['clients', 'new', 'web', '--library', 'passport', ...options, '--project', project.directory];
  const ended = await commands.run({ args, env: { PATH: process.env.PATH } });
  expect([ended.code, ended.err]).toEqual([0, '']);
  expect(JSON.parse(project.read('config/clients/new-app.json'))).toMatchObject({
    token_endpoint_auth_method: 'client_secret_post',
    redirect_uris: ['http://localhost:3999/callback'],
    common_id: { pkce: 'optional', contact: 'us' },
  });
  expect(ended.out).toMatch(/ISSUER=http:\/\/localhost:3000\n {2}CLIENT_ID=new-app\n {2}CLIENT_SECRET=\S{32,}\n/);
  expect(ended.out).toContain("  passport.use(\n    'common-id',\n    new OpenIDConnectStrategy(");
  expect(ended.out).toContain('docs/clients/en/recipes.md#passport');
});

test.each([
  ['web', 'passprt', 'there is no library passprt; did you mean passport?'],
  ['web', 'oidc-client-ts', 'oidc-client-ts (single-page app) is for the template browser, not web'],
])('clients new %s --library %s is refused before anything is asked', async (template, library, sentence) => {
  const { directory } = make();
  const ended = await commands.run({
    args: ['clients', 'new', template, '--library', library, '--project', directory],
    env: { PATH: process.env.PATH },
  });
  expect([ended.code, ended.out]).toEqual([2, '']);
  expect(ended.err).toContain(sentence);
});
