// The operators' command: what it prints, what it answers to programs, its exit code; and that it ends as a process of its own.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { digestOf } from '../../src/config/clients/check-client-secrets.ts';
import type { Client } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { writeClientSet } from '../../src/oidc/clients/client-ends.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { eventAbout, sampleAccount } from '../storage/conformance/samples.ts';
import { dropFromIndex } from '../storage/sqlite/damage.ts';
import { runAdmin, startAdminProcess, type Ended } from './run-admin.ts';
import { temporaryProjects, type TemporaryProject } from '../config/temporary-project.ts';

const { make, clean } = temporaryProjects();
afterAll(clean);

const commands = startAdminProcess();
afterAll(() => commands.stop());

const ENV = { PATH: process.env.PATH, GAZOO_CLIENT_SECRET: 'canary-0123456789abcdef-0123456789abcdef' };
const inProject = (project: TemporaryProject, args: string[]): string[] => [
  ...args,
  ...(args.length ? ['--project', project.directory] : []),
];

async function admin(project: TemporaryProject, ...args: string[]): Promise<Ended> {
  return commands.run({ args: inProject(project, args), env: ENV });
}
const json = ({ out }: Ended): unknown => JSON.parse(out);
const calm = ({ out, err }: Ended): void => expect(`${out}${err}`).not.toMatch(/\n {4}at |canary/);

describe('every action', () => {
  const project = make();

  test.each([
    ['clients', 'list'],
    ['clients', 'show', 'gazoo'],
    ['clients', 'check'],
    ['clients', 'plan'],
    ['keys', 'list'],
    ['keys', 'retire'],
    ['secrets', 'generate'],
    ['config', 'print'],
    ['config', 'check'],
  ])('%s %s does it, for people and for programs', async (...args) => {
    const [told, programmed] = await Promise.all([admin(project, ...args), admin(project, ...args, '--json')]);
    expect([told.code, told.err, programmed.code, programmed.err]).toEqual([0, '', 0, '']);
    expect(told.out.length).toBeGreaterThan(10);
    expect(json(programmed)).toBeDefined();
    [told, programmed].forEach(calm);
    // These only look: where nothing has run yet, no database is made.
    expect(existsSync(join(project.directory, 'data/common-id.sqlite'))).toBe(false);
  });

  test.each([
    [[], 0],
    [['clients', '--help'], 0],
    [['clients', 'list', '--help'], 0],
    [['nothing'], 2],
    [['clients', 'nothing'], 2],
    [['clients', 'show'], 2],
    [['clients', 'list', '--nothing'], 2],
    [['clients', 'new', 'nothing'], 2],
    [['storage'], 2],
    [['storage', 'backup'], 2],
    [['storage', 'check'], 1],
    [['storage', 'indexes'], 1],
    [['clients', 'new', 'web'], 2],
    [['keys', 'rotate', '--publish-first', 'soon'], 2],
    [['clients', 'show', 'gazo'], 1],
    [['clients', 'secret', 'owners-site'], 1],
    [['keys', 'retire', '--kid', 'none'], 1],
  ])('%j ends with %d, and never with a stack trace', async (args, code) => {
    const ended = await runAdmin(inProject(project, args), { env: ENV });
    expect(ended.code).toBe(code);
    calm(ended);
    if (code > 0) expect(ended.err).toMatch(/^.+\n$/);
  });
});

test('storage check finds what the start of a large file does not', async () => {
  const project = make();
  const { databaseUrl } = loadConfig({ env: {}, directory: project.directory, apps: ['id'] });
  const path = databaseUrl.slice('sqlite:'.length);
  const storage = await openStorage(databaseUrl, Date.now);
  await storage.accounts.create(sampleAccount('a'), eventAbout('a'));
  // While it is in use.
  expect(await admin(project, 'storage', 'check')).toMatchObject({
    code: 0,
    out: expect.stringContaining(`${path} is sound. `),
    err: '',
  });
  await storage.close();
  dropFromIndex(path);
  const damaged = await admin(project, 'storage', 'check');
  expect(damaged).toMatchObject({ code: 1, out: '' });
  expect(damaged.err).toMatch(/is damaged \(.*missing from index.*\)\. Stop the service.*\n$/);
});

test('a name that is nearly one is told the one; to programs as JSON', async () => {
  const project = make();
  const told = await Promise.all(
    [
      ['clints', 'list'],
      ['clients', 'lst'],
      ['clients', 'list', '--jsom'],
      ['clients', 'new', 'wbe'],
      ['clients', 'show', 'gazo'],
    ].map(async (args) => (await admin(project, ...args)).err),
  );
  expect(told).toEqual([
    'there is no command clints; did you mean clients?\n',
    'clients: there is no lst; did you mean list?\n',
    'there is no option --jsom; did you mean --json?\n',
    'there is no template wbe; did you mean web?\n',
    'there is no client app gazo; did you mean gazoo?\n',
  ]);
  project.write('config/clients/gazoo.json', '');
  const programmed = await admin(project, 'clients', 'list', '--json');
  expect([programmed.code, programmed.err]).toEqual([1, '']);
  expect(json(programmed)).toEqual({
    ok: false,
    error: 'the configuration has 1 mistake',
    problems: [expect.objectContaining({ sentence: 'config/clients/gazoo.json: expected JSON, found nothing' })],
  });
});

describe('clients', () => {
  test('check tells every mistake of all files', async () => {
    const project = make();
    project.edit('config/clients/gazoo.json', { scope: 'opnid' });
    project.write('config/clients/broken.json', '{');
    const ended = await admin(project, 'clients', 'check');
    expect(ended.code).toBe(1);
    expect(ended.out).toMatch(
      /^2 mistakes, 0 warnings:\n {2}- config\/clients\/broken\.json: line 1, column 2: expected property name.*\n {2}- config\/clients\/gazoo\.json: scope: .*did you mean openid\?\n$/,
    );
    expect(json(await admin(project, 'clients', 'check', '--json'))).toMatchObject({ ok: false, errors: [{}, { key: 'scope' }] });
  });

  test.each([
    ['web', ['--redirect-uri', 'https://app.example.jp/callback']],
    ['web', ['--redirect-uri', 'https://app.example.jp/callback', '--secret', '--brand', 'lexus', '--name-ja', '新しいアプリ']],
    ['native', ['--redirect-uri', 'jp.example.app:/callback']],
    ['device', []],
    ['service', ['--secret']],
    ['service', ['--jwks-uri', 'https://app.example.jp/jwks.json']],
    ['legacy-import', ['--redirect-uri', 'https://app.example.jp/callback']],
    ['fapi2', ['--redirect-uri', 'https://app.example.jp/callback']],
  ])('new %s %j writes a file that passes check', async (template, options) => {
    const project = make();
    const ended = await admin(
      project,
      'clients',
      'new',
      template,
      '--id',
      'new-app',
      '--name',
      'New app',
      '--contact',
      'us',
      ...options,
    );
    expect([ended.code, ended.err]).toEqual([0, '']);
    expect((await admin(project, 'clients', 'check')).out).toBe('11 client apps, no mistakes.\n');
    const secret = /Client secret {2}(\S+)/.exec(ended.out)?.[1];
    expect(project.read('config/clients/new-app.json')).not.toContain(secret ?? 'client_secret"');
    if (secret !== undefined) expect(project.read('config/clients/new-app.json')).toContain(digestOf(secret));
    const again = await admin(
      project,
      'clients',
      'new',
      template,
      '--id',
      'new-app',
      '--name',
      'x',
      '--contact',
      'us',
      ...options,
    );
    expect([again.code, again.err]).toEqual([1, 'config/clients/new-app.json already exists\n']);
  });

  test('new writes nothing that check would refuse', async () => {
    const project = make();
    const options = ['--id', 'New App', '--name', 'x', '--contact', 'us', '--redirect-uri', 'http://app.example.jp/*'];
    const ended = await admin(project, 'clients', 'new', 'web', ...options);
    expect(ended.code).toBe(1);
    expect(ended.err).toContain(
      "client_id: expected an id of at most 64 lower-case letters, digits and hyphens, found 'New App'",
    );
    expect(ended.err).toContain('redirect_uris[0]: expected a URL without a wildcard');
    expect(existsSync(join(project.directory, 'config/clients/New App.json'))).toBe(false);
  });

  test('secret puts a new one beside the old one, which ends', async () => {
    const project = make();
    const before = Date.now();
    const ended = json(await admin(project, 'clients', 'secret', 'gazoo', '--overlap', '1h', '--json')) as Record<string, string>;
    expect(Date.parse(ended.old_until ?? '') - before).toBeGreaterThan(3_500_000);
    const file = JSON.parse(project.read('config/clients/gazoo.json')) as { client_secret: unknown };
    expect(file.client_secret).toEqual([
      { $env: 'GAZOO_CLIENT_SECRET', not_after: ended.old_until },
      { hash: `sha256:${digestOf(ended.secret ?? '')}` },
    ]);
    expect((await admin(project, 'clients', 'check')).code).toBe(0);
  });

  test('plan says what would change against what is in force, and whom it touches', async () => {
    const project = make();
    const config = loadConfig({ env: {}, directory: project.directory, apps: ['id'] });
    const storage = await openStorage(config.databaseUrl, Date.now);
    const gone: Client = { ...(config.clients[0] as Client), metadata: { client_id: 'gone' } };
    await writeClientSet(storage.artifacts, [...config.clients, gone], Date.now(), 3600, async () => undefined);
    for (const [id, clientId, accountId] of [
      ['1', 'gone', 'a'],
      ['2', 'gone', 'a'],
      ['3', 'gazoo', 'b'],
    ])
      await storage.artifacts.save('Grant', id ?? '', { clientId, accountId }, Date.now() + 3_600_000);
    await storage.close();
    project.edit('config/clients/gazoo.json', {
      client_name: 'GAZOO Racing',
      redirect_uris: ['https://gazoo.example.jp/callback'],
      client_secret: { hash: `sha256:${'A'.repeat(43)}` },
    });
    project.edit('config/clients/owners-site.json', { 'common_id.enabled': false });
    const options = [
      '--id',
      'new-app',
      '--name',
      'New app',
      '--contact',
      'us',
      '--redirect-uri',
      'https://app.example.jp/callback',
    ];
    await admin(project, 'clients', 'new', 'web', ...options);
    const { out } = await admin(project, 'clients', 'plan');
    expect(out).toContain('The files would change: 1 added, 1 changed, 2 removed.');
    expect(out).toContain(
      [
        '',
        '~ gazoo  (1 person, 1 grant)',
        '    client_name#ja: GAZOO → GAZOO Racing',
        '    client_name#en: GAZOO → GAZOO Racing',
        '    redirect_uris: http://localhost:3005/gazoo/callback → https://gazoo.example.jp/callback',
        `    client_secret: …${digestOf('gazoo-for-development-only-0123456789abcdef').slice(-6)} → …AAAAAA`,
        '',
        '- gone  (1 person, 2 grants end)',
        '',
        '+ new-app',
        '    client_name#ja: New app',
        '',
      ]
        .join('\n')
        .trimEnd(),
    );
    expect(out).toContain('\n- owners-site\n');
    expect(json(await admin(project, 'clients', 'plan', '--json'))).toMatchObject({ changes: { length: 4 } });
  });

  describe('test', () => {
    let server: Server;
    let origin = '';
    beforeAll(async () => {
      server = createServer((request, response) => {
        if (request.url === '/good.json') response.end(JSON.stringify({ keys: [{ kty: 'EC', kid: 'k' }] }));
        else if (request.url === '/private.json') response.end(JSON.stringify({ keys: [{ kty: 'EC', d: 'x' }] }));
        else if (request.url === '/endless.json') response.end(`{"keys": [${' '.repeat(100_000)}]}`);
        // A page may be long, and need not end.
        else if (request.url === '/') response.write('x'.repeat(100_000));
        else response.writeHead(request.url === '/logout' ? 400 : 404).end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });

    test.each([
      ['/good.json', '/logout', 0, ['good  public keys', 'good  host of redirects', 'good  back-channel logout']],
      [
        '/private.json',
        '/nothing',
        1,
        ['BAD   public keys', 'a private key! Replace it now', 'BAD   back-channel logout', 'status 404'],
      ],
      ['/nothing', '/logout', 1, ['BAD   public keys', 'status 404; expected 200']],
      ['/endless.json', '/logout', 1, ['BAD   public keys', 'the answer is longer than 65536 bytes', 'good  home page']],
    ])('%s %s', async (keys, logout, code, lines) => {
      const project = make();
      const file = {
        client_id: 'tested',
        client_name: 'Tested',
        token_endpoint_auth_method: 'private_key_jwt',
        client_uri: `${origin}/`,
        redirect_uris: [`${origin}/callback`],
        jwks_uri: `${origin}${keys}`,
        backchannel_logout_uri: `${origin}${logout}`,
        common_id: { contact: 'us' },
      };
      project.write('config/clients/tested.json', JSON.stringify(file));
      const ended = await admin(project, 'clients', 'test', 'tested');
      expect(ended.code).toBe(code);
      for (const line of lines) expect(ended.out).toContain(line);
    });
  });
});

describe('keys', () => {
  test('the first ones are used at once; the next ones later; the old ones go when they are over', async () => {
    const project = make();
    const states = async (): Promise<string[]> =>
      (json(await admin(project, 'keys', 'list', '--json')) as { alg: string; state: string }[]).map(
        ({ alg, state }) => `${alg} ${state}`,
      );
    expect((await admin(project, 'keys', 'rotate')).code).toBe(0);
    expect(await states()).toEqual(['ES256 current', 'RS256 current', 'ECDH-ES+A256KW current']);
    expect((await admin(project, 'keys', 'rotate', '--alg', 'RS256')).out).toMatch(/^Made \S+ \(RS256\); it signs from /);
    expect(await states()).toEqual(['ES256 current', 'RS256 current', 'RS256 next', 'ECDH-ES+A256KW current']);
    const again = await admin(project, 'keys', 'rotate', '--alg', 'RS256');
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('is already the next RS256 key; it signs from ')]);
    await admin(project, 'keys', 'rotate', '--alg', 'ES256', '--publish-first', '0s');
    expect((await states()).slice(0, 2)).toEqual(['ES256 old', 'ES256 current']);
    const [old, current] = json(await admin(project, 'keys', 'list', '--json')) as [{ kid: string }, { kid: string }];
    expect((await admin(project, 'keys', 'retire', '--kid', current.kid)).code).toBe(1);
    expect((await admin(project, 'keys', 'retire', '--kid', old.kid)).out).toBe(`Deleted ${old.kid} (ES256).\n`);
    const files = readdirSync(join(project.directory, 'data/keys'));
    expect(files).toHaveLength(4);
    expect(readFileSync(join(project.directory, 'data/keys', files[0] ?? ''), 'utf8')).toContain('"signs_from"');
  });
});
