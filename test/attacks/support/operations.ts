// The operations API over HTTP: tokens of operators from the real provider, and requests whose answers are held against the served OpenAPI document.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { begin, redeem, returned, signIn } from './client.ts';
import { CALLBACK } from './attack-world.ts';
import { startOwnAccountWorld, type OwnAccountWorld } from './own-account-world.ts';
import { turnOn } from './second-factor.ts';
import type { Browser } from '../../support/http-browser.ts';
import type { Operator } from '../../../src/domain/operator.ts';

export const OPERATOR = 'operator@example.jp';
export const CONSOLE = 'attack-console';
export const ALL_SCOPES = 'openid operations:support operations:migration operations:audit operations:system';

export type Called = { status: number; body: Record<string, unknown>; headers: Headers };
type Schemas = { paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>> };

export type OperationsWorld = OwnAccountWorld & {
  /** In force at both nodes; a change of it is what a reload of config/operators.json is. */
  operators: Operator[];
  resource: string;
  openapi: Schemas;
  /** A browser in which the operator has signed in with a second factor. */
  strong: Browser;
  tokenFor(browser: Browser, scope?: string, email?: string): Promise<string>;
  /** Sends a request below `/operations/v1`, and throws if the answer is not as the document says. */
  call(method: string, path: string, sent?: Sent): Promise<Called>;
};
type Sent = {
  token?: string | undefined;
  body?: unknown;
  key?: string;
  headers?: Record<string, string>;
  /** The index of the node. */
  node?: number;
  /** Sent as it is, instead of `body`. */
  raw?: string;
};

const client = (more: object = {}): object => ({
  client_name: 'Console',
  token_endpoint_auth_method: 'client_secret_basic',
  client_secret: { $env: 'ATTACK_WEB_SECRET' },
  redirect_uris: [CALLBACK],
  grant_types: ['authorization_code', 'client_credentials'],
  scope: `${ALL_SCOPES} email`,
  common_id: { first_party: true, contact: 'attacks' },
  ...more,
});

export async function startOperationsWorld(): Promise<OperationsWorld> {
  const operators: Operator[] = [{ name: 'operator', email: OPERATOR, roles: ['support', 'migration', 'audit', 'system'] }];
  const world = await startOwnAccountWorld({
    clients: { [CONSOLE]: client() },
    nodes: [(config) => ({ ...config, operators }), (config) => ({ ...config, operators })],
  });
  const resource = `${world.issuer}/operations`;
  const openapi = (await (await fetch(`${resource}/v1/openapi.json`)).json()) as Schemas;
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema(openapi, 'api');
  const compiled = new Map<string, ReturnType<typeof ajv.compile>>();

  function check(method: string, path: string, { status, body, headers }: Called): void {
    const [template, operations] = Object.entries(openapi.paths).find(([one]) => patternOf(one).test(path)) ?? [];
    const operation = operations?.[method.toLowerCase()];
    const type = status < 400 ? 'application/json' : 'application/problem+json';
    if (!headers.get('content-type')?.startsWith(type)) throw new Error(`${path}: ${status} ${headers.get('content-type')}`);
    const schema = operation
      ? `api#/paths/${pointer(template ?? '')}/${method.toLowerCase()}/responses/${status}/content/${pointer(type)}/schema`
      : 'api#/components/schemas/Problem';
    if (operation && !(status in operation.responses)) throw new Error(`${method} ${path}: the document has no ${status}`);
    const validate = compiled.get(schema) ?? ajv.compile({ $ref: schema });
    compiled.set(schema, validate);
    if (!validate(body))
      throw new Error(`${method} ${path} ${status}: ${ajv.errorsText(validate.errors)} ${JSON.stringify(body)}`);
  }

  async function call(
    method: string,
    path: string,
    { token, body, key, headers = {}, node = 0, raw }: Sent = {},
  ): Promise<Called> {
    const answer = await fetch(`http://127.0.0.1:${world.ports[node]}/operations/v1${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(body !== undefined || raw !== undefined ? { 'Content-Type': 'application/json' } : {}),
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        ...(key !== undefined && { 'Idempotency-Key': key }),
        'X-Forwarded-For': '203.0.113.5',
        ...headers,
      },
      ...(raw !== undefined ? { body: raw } : body !== undefined ? { body: JSON.stringify(body) } : {}),
    });
    const text = await answer.text();
    const called = { status: answer.status, body: JSON.parse(text || '{}') as Record<string, unknown>, headers: answer.headers };
    check(method, path.split('?')[0] ?? '', called);
    return called;
  }

  async function tokenFor(browser: Browser, scope = ALL_SCOPES, email = OPERATOR): Promise<string> {
    const { page, pkce } = await begin(world as never, CONSOLE, { scope, resource }, browser);
    const answer = page.location === undefined ? await signIn(browser, email) : page;
    const code = returned(answer).get('code');
    if (code === null) throw new Error(`no code came: ${answer.status} ${answer.url} ${answer.text.slice(0, 500)}`);
    const { body } = await redeem(world as never, code, pkce, { clientId: CONSOLE, resource });
    return String(body.access_token);
  }

  const strong = world.browser('203.0.113.5');
  await strong.open(`${world.issuer}/account`);
  await signIn(strong, OPERATOR);
  await turnOn(world.issuer, strong, () => world.clock.now);
  return Object.assign(world, { operators, resource, openapi, strong, tokenFor, call });
}

const pointer = (part: string): string => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
const patternOf = (template: string): RegExp => new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
