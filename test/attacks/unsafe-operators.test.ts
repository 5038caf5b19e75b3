// Valid but unsafe ways to let somebody into the operations API, as S127 does it for other files. docs/operations-api.md.
import { afterAll, expect, test } from '@jest/globals';
import { inspectConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problems/problem.ts';
import { makeProductionExample } from '../config/production-example.ts';
import { temporaryProjects, type TemporaryProject } from '../config/temporary-project.ts';

const { make, clean } = temporaryProjects();
const example = await makeProductionExample();
afterAll(() => {
  clean();
  example.clean();
});

const WHY = 'because scope has the operations API';
const OPENS_ALL = 'its tokens open every customer’s data; take the operations scopes away';
const gazoo = 'config/clients/gazoo.json:';
const car = 'config/clients/car.json:';
const OPERATORS = 'config/operators.json';

const FILES: [what: string, change: (project: TemporaryProject) => void, sentences: unknown[]][] = [
  [
    "a third party's client app",
    (project) => project.edit('config/clients/gazoo.json', { scope: 'openid operations:support' }),
    [`error: ${gazoo} common_id.first_party: expected true, ${WHY}, found false; ${OPENS_ALL}`],
  ],
  [
    'a client app that leaves PKCE out',
    (project) =>
      project.edit('config/clients/gazoo.json', {
        scope: 'openid operations:audit',
        'common_id.first_party': true,
        'common_id.pkce': 'optional',
      }),
    [
      `error: ${gazoo} common_id.pkce: expected required, ${WHY}, found optional; ${OPENS_ALL}`,
      expect.stringMatching(/^warning: .* common_id.pkce: /),
    ],
  ],
  [
    'a device without a secret',
    (project) =>
      project.write(
        'config/clients/car.json',
        JSON.stringify({
          client_id: 'car',
          client_name: 'Car',
          application_type: 'native',
          token_endpoint_auth_method: 'none',
          dpop_bound_access_tokens: true,
          grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
          scope: 'openid operations:audit',
          common_id: { contact: 'us', first_party: true },
        }),
      ),
    [
      `error: ${car} token_endpoint_auth_method: expected private_key_jwt or a secret, ${WHY}, found 'none'; ${OPENS_ALL}`,
      `error: ${car} grant_types: expected no device flow, ${WHY}, found the device flow; ${OPENS_ALL}`,
    ],
  ],
  [
    'two operators who cannot be told apart, one whom nobody can be, and a role that does not exist',
    (project) =>
      project.edit(OPERATORS, {
        'operators.1': { name: 'operator', email: 'Operator@Example.jp', roles: ['audit'] },
        'operators.2': { name: 'b.suzuki', email: 'nobody', roles: ['admin'] },
      }),
    [
      `error: ${OPERATORS}: operators[2].roles[0]: expected one of support, migration, audit, system, found 'admin'`,
      `error: ${OPERATORS}: operators[1].name: expected a name that no other operator has, found 'operator'; the ledger would not tell the two apart`,
      `error: ${OPERATORS}: operators[1].email: expected an address that no other operator has, found 'Operator@Example.jp'; list all roles in one entry`,
      `error: ${OPERATORS}: operators[2].email: expected a mail address, found 'nobody'`,
    ],
  ],
];

test.each(FILES)('S215 %s: exactly these sentences', (_what, change, sentences) => {
  const project = make();
  change(project);
  const { problems } = inspectConfig({ env: example.env, directory: project.directory, apps: ['id'] });
  expect(problems.map((problem) => `${problem.severity}: ${formatProblem(problem)}`)).toEqual(sentences);
});

test('S215 the operator of development in production: is none', () => {
  const { directory } = make();
  const { config } = inspectConfig({ env: example.env, directory, apps: ['id'] });
  expect(config?.().operators).toEqual([]);
});
