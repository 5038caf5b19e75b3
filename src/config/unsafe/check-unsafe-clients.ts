// Reports secrets, keys and addresses that clients, dealers and the common ID must not share.
import { digestOf } from '../clients/check-client-secrets.ts';
import type { Client } from '../clients/client.ts';
import type { Dealer } from '../files/dealers-schema.ts';
import { propertyOf } from '../../property-of.ts';
import type { Problem } from '../problems/problem.ts';
import { STAND_IN } from '../settings/references.ts';
import { GAZOO_DEVELOPMENT_SECRET, type SettingValues } from '../settings/settings.ts';
import { secretsOf } from './check-secret-settings.ts';
import { hostOf, isAddress, isInside } from './inside.ts';

const HINT = 'make one with: npm run admin -- secrets generate';

/** For production: reports shared secrets, keys and redirect URIs, with which one client could impersonate another. */
export function checkShared(clients: readonly Client[], settings: SettingValues, problems: Problem[]): void {
  const owners = new Map<string, string>();
  const ofServer = new Map(
    secretsOf(settings)
      .filter(({ name }) => name !== 'GAZOO_CLIENT_SECRET')
      .map(({ name, value }) => [digestOf(value), name]),
  );
  for (const { metadata, secrets = [], enabled } of clients) {
    if (!enabled) continue;
    const id = metadata.client_id;
    const say = (severity: Problem['severity'], key: string, expected: string, found: string, hint?: string): void => {
      problems.push({ severity, source: `client app ${id}`, key, expected, found, hint });
    };
    const own = (key: string, what: string, value: string, shown: string): void => {
      const owner = owners.get(`${key} ${value}`);
      if (owner === undefined) owners.set(`${key} ${value}`, id);
      else if (owner !== id)
        say('warning', key, `${what} of its own`, `${shown}, which ${owner} has`, 'each of them can impersonate the other');
    };
    for (const { digest } of secrets) {
      own('client_secret', 'a secret', digest, 'one (not shown)');
      if (digest === digestOf(GAZOO_DEVELOPMENT_SECRET))
        say('error', 'client_secret', 'a secret that was made for production', 'the development secret', HINT);
      const setting = ofServer.get(digest);
      if (setting !== undefined) say('error', 'client_secret', 'a secret of its own', `that of ${setting}`, HINT);
    }
    const addresses = (metadata.redirect_uris ?? []).filter((uri) => uri.startsWith('https:') && !uri.startsWith(STAND_IN));
    for (const uri of addresses) own('redirect_uris', 'an address', uri, `'${uri}'`);
    const keys = metadata.jwks?.keys ?? [];
    for (const key of keys) own('jwks', 'a key', String(propertyOf(key, 'n') ?? propertyOf(key, 'x')), 'one');
  }
}

/** For production: checks the dealers' addresses, which receive customer data and tokens. */
export function checkDealerAddresses(dealers: readonly Dealer[], issuer: string | undefined, problems: Problem[]): void {
  dealers.forEach(({ resource }, index) => {
    const say = (severity: Problem['severity'], expected: string, hint: string): void => {
      problems.push({
        severity,
        source: 'config/dealers.json',
        key: `dealers[${index}].resource`,
        expected,
        found: `'${resource}'`,
        hint,
      });
    };
    const host = hostOf(resource);
    if (issuer !== undefined && URL.parse(resource)?.origin === issuer)
      say('error', 'an origin that is not the ISSUER’s', 'its tokens would be for the common ID itself');
    else if (isInside(host))
      say(
        'warning',
        'an address on the Internet',
        'any machine of the network that answers to this name gets customer data and tokens',
      );
    else if (isAddress(host)) say('warning', 'a name', 'the next owner of the address would get customer data and tokens');
  });
}
