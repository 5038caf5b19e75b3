// The endpoints of oidc-provider that programs call. They skip the middleware that only pages need: language, cookies and forms.
import type Koa from 'koa';
import compose from 'koa-compose';
import mount from 'koa-mount';
import type Provider from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import type { PageState } from '../../http/page-context.ts';
import { createCachedDocuments, DISCOVERY_CACHED_SECONDS, KEYS_CACHED_SECONDS } from './cached-documents.ts';
import { createNoteServiceUse } from '../sessions/last-uses.ts';
import { createClientThrottle } from './client-throttle.ts';
import { createDiscovery, DISCOVERY_PATHS } from './discovery.ts';

/** oidc-provider's route names of these endpoints, except those of the documents. */
const ROUTES = ['userinfo', 'introspection', 'revocation', 'pushed_authorization_request', 'device_authorization'];

/** Makes the middleware of each path. It calls `next` for requests that oidc-provider does not handle, such as other methods. */
export function createProgramEndpoints(
  provider: Provider,
  deps: Pick<Deps, 'storage' | 'clock' | 'emit'>,
): ReadonlyMap<string, Koa.Middleware<PageState>> {
  const provide: Koa.Middleware<PageState> = mount(provider);
  const discovery: Koa.Middleware<PageState> = compose([
    createCachedDocuments(DISCOVERY_CACHED_SECONDS),
    createDiscovery(),
    provide,
  ]);
  const throttled: Koa.Middleware<PageState> = compose([createClientThrottle(deps), provide]);
  return new Map([
    [provider.pathFor('jwks'), compose([createCachedDocuments(KEYS_CACHED_SECONDS), provide])] as const,
    ...DISCOVERY_PATHS.map((path) => [path, discovery] as const),
    ...ROUTES.map((route) => [provider.pathFor(route), throttled] as const),
    [provider.pathFor('token'), compose([createNoteServiceUse(provider, deps), throttled])] as const,
  ]);
}
