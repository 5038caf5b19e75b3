// What the OpenID Foundation's conformance suite asks of a provider: a test for each module, with the module's name.
import { afterAll, beforeAll } from '@jest/globals';
import * as oidc from 'openid-client';
import { digestOf } from '../../src/config/clients/check-client-secrets.ts';
import { freePorts } from '../support/free-ports.ts';
import { startWorld, type World } from '../support/world.ts';
import { claimsParameter } from './claims-parameter.ts';
import { basicOp, SECRET, type Parties } from './basic-op.ts';
import { logoutOp, startReceiver, type Receiver } from './logout-op.ts';
import { NATIVE, requests } from './requests.ts';
import { CALLBACK, createParty, LOGGED_OUT, type Mode, type Party } from './party.ts';

const client = {
  client_name: 'A client of the suite',
  token_endpoint_auth_method: 'client_secret_basic',
  client_secret: { hash: `sha256:${digestOf(SECRET)}` },
  redirect_uris: [CALLBACK],
  post_logout_redirect_uris: [LOGGED_OUT],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile email address phone offline_access migration dealer_link',
  common_id: { contact: 'tests', pkce: 'optional' },
};

let world: World;
let narrow: Party;
let backchannel: Party;
let native: Party;
let receiver: Receiver;
const parties = new Map<Mode, Parties>();

beforeAll(async () => {
  const [port = 0] = await freePorts(1);
  receiver = await startReceiver(port);
  world = await startWorld({
    apps: ['mailbox', 'id'],
    clients: {
      'suite-basic': client,
      'suite-post': { ...client, token_endpoint_auth_method: 'client_secret_post' },
      'suite-second': client,
      'suite-native': {
        client_name: 'An app on a phone',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: NATIVE.callbacks,
        post_logout_redirect_uris: NATIVE.afterLogout,
        scope: 'openid email',
        common_id: { contact: 'tests' },
      },
      'suite-started': {
        ...client,
        client_name: 'A service that starts logins',
        client_uri: 'http://127.0.0.1:9/',
        initiate_login_uri: 'http://127.0.0.1:9/start?from=id',
      },
      'suite-backchannel': {
        ...client,
        backchannel_logout_uri: receiver.url,
        backchannel_logout_session_required: true,
      },
      'suite-narrow': { ...client, scope: 'openid email' },
    },
  });
  narrow = await createParty(world.origins.id, 'suite-narrow', 'query', oidc.ClientSecretBasic(SECRET));
  backchannel = await createParty(world.origins.id, 'suite-backchannel', 'query', oidc.ClientSecretBasic(SECRET));
  native = await createParty(world.origins.id, 'suite-native', 'query', oidc.None());
  for (const mode of ['query', 'form_post'] as const) {
    const [basic, post, second] = await Promise.all([
      createParty(world.origins.id, 'suite-basic', mode, oidc.ClientSecretBasic(SECRET)),
      createParty(world.origins.id, 'suite-post', mode, oidc.ClientSecretPost(SECRET)),
      createParty(world.origins.id, 'suite-second', mode, oidc.ClientSecretBasic(SECRET)),
    ]);
    parties.set(mode, { world, basic, post, second });
  }
}, 60_000);
afterAll(async () => {
  await world?.stop();
  await receiver?.close();
});

basicOp('Basic OP', 'query', (mode) => parties.get(mode)!);
basicOp('Form Post Basic OP', 'form_post', (mode) => parties.get(mode)!);
claimsParameter(() => ({ world, narrow, basic: parties.get('query')!.basic }));
logoutOp(() => ({ backchannel, receiver, basic: parties.get('query')!.basic }));
requests(() => ({ world, native, basic: parties.get('query')!.basic }));
