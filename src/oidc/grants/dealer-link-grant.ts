// Consent to a dealer link as a scoped grant: authorization details of type `dealer_link` (RFC 9396) bound to the dealer's
// resource (RFC 8707). A token for one dealer names that dealer alone; consent for one gives nothing for another.
import {
  errors,
  type AuthorizationDetail,
  type Client as ProviderClient,
  type Grant,
  type JWTStructured,
  type KoaContextWithOIDC,
  type ResourceServer,
} from 'oidc-provider';
import type { Config, Dealer } from '../../config/config.ts';
import { clientLinkId, RECEIVED_DATA, SHARED_DATA, type DealerLink } from '../../domain/dealer-link.ts';
import { OPERATIONS_SCOPES, operationsResource } from '../../domain/operator.ts';
import { customerOf, dealerSubject } from '../../domain/dealer-subject.ts';
import { propertyOf } from '../../property-of.ts';
import type { Deps } from '../../deps.ts';
import { enqueueMissedHandOver } from '../../jobs/enqueue-delivery.ts';
import { sectorOf } from '../clients/pairwise-subject.ts';
import { forOperator } from './operations-grant.ts';

/**
 * An authorization detail in a grant or a token. Grants and tokens for the dealer have the link's own id as `link_id`; clients
 * get another one, see `clientLinkId`.
 */
export type DealerLinkDetail = { type: 'dealer_link'; dealer: string; link_id: string; share: string[]; receive: string[] };

export const DEALER_LINK = 'dealer_link';

/** Scopes of a dealer's resource. `customer_links:write` is not here, because only the common ID itself uses it. */
const DEALER_SCOPES = 'service_history contracts booking';
export const DEALER_TOKEN_LIFETIME_SECONDS = 10 * 60;

/** A token that is being issued. */
type Issued = { resourceServer?: { identifier(): string } | undefined };
/** A grant, code or token with its authorization details. */
type Granted = { rar?: AuthorizationDetail[] | undefined };

/** Returns the dealer links that a grant, code or refresh token holds. */
function dealerLinksOf(granted: Granted | undefined): DealerLinkDetail[] {
  return (granted?.rar ?? []).filter(isDealerLink);
}

/** `setDealerLinks` wrote the details, so the rest of them is as it must be. */
function isDealerLink(detail: AuthorizationDetail): detail is AuthorizationDetail & DealerLinkDetail {
  return detail.type === DEALER_LINK && typeof detail.dealer === 'string' && typeof detail.link_id === 'string';
}

const refuse = (sentence: string): never => {
  throw new errors.InvalidAuthorizationDetails(`dealer_link: ${sentence}`);
};

/**
 * Accepts only the complete list. The consent page, in the guide's words, names all data that is exchanged, so a request for a
 * part would not match the consent.
 */
function checkList(name: string, value: unknown, all: readonly string[]): void {
  if (value === undefined) return;
  const whole = Array.isArray(value) && value.length === all.length && all.every((item) => value.includes(item));
  if (!whole) refuse(`"${name}" may be left out, or must have all of ${all.join(', ')}`);
}

/**
 * Makes the check of one member of `authorization_details`. It throws `invalid_authorization_details` if the member is not
 * acceptable.
 */
function createDealerLinkValidator(config: Config) {
  return function validateDealerLink(_ctx: KoaContextWithOIDC, detail: Record<string, unknown>): void {
    for (const key of Object.keys(detail)) {
      if (!['type', 'dealer', 'share', 'receive'].includes(key)) refuse(`unknown member "${key}"`);
    }
    if (detail.dealer !== undefined && !config.dealers.some(({ code }) => code === detail.dealer)) refuse('no such dealer');
    checkList('share', detail.share, SHARED_DATA);
    checkList('receive', detail.receive, RECEIVED_DATA);
  };
}

/**
 * Returns the dealer link that an authorization request asks for; `undefined` if it asks for none. Without `dealer` the person
 * chooses one.
 */
export function requestedDealerLink(authorizationDetails: unknown): { dealer?: string } | undefined {
  if (typeof authorizationDetails !== 'string') return undefined;
  const details: unknown = JSON.parse(authorizationDetails);
  const asked = Array.isArray(details) && details.find((detail) => propertyOf(detail, 'type') === DEALER_LINK);
  if (!asked) return undefined;
  const dealer = propertyOf(asked, 'dealer');
  return typeof dealer === 'string' ? { dealer } : {};
}

/** Whether the person's consent to a link is in force, even if the dealer has not accepted the link yet. */
export const isConsented = (link: DealerLink): boolean => link.status !== 'withdrawn';

function detailOf(link: DealerLink): DealerLinkDetail {
  return { type: DEALER_LINK, dealer: link.dealer, link_id: link.id, share: link.consent.share, receive: link.consent.receive };
}

/** Makes a grant hold exactly these links, without saving it. @returns whether the grant changed */
export function setDealerLinks(grant: Grant, links: readonly DealerLink[]): boolean {
  const wanted = links.map(detailOf);
  if (JSON.stringify(grant.rar ?? []) === JSON.stringify(wanted)) return false;
  grant.rar = wanted;
  return true;
}

const dealerOf = (resource: string, dealers: readonly Dealer[]): Dealer | undefined =>
  dealers.find((dealer) => dealer.resource === resource);

/** Makes oidc-provider's settings of resource indicators (RFC 8707): one resource per dealer, and our own endpoints. */
export function createResourceIndicators({ config, clients }: Pick<Deps, 'config' | 'clients'>) {
  /** Returns the scopes of a resource that the client's file allows. */
  const allowed = (client: ProviderClient, scopes: string): string => {
    const registered = String(clients.find(client.clientId)?.metadata.scope ?? '').split(' ');
    return scopes
      .split(' ')
      .filter((scope) => registered.includes(scope))
      .join(' ');
  };
  const migrations = `${config.issuer}/migrations`;
  const dealerLinks = `${config.issuer}/dealer-links`;
  const operations = operationsResource(config.issuer);
  return {
    enabled: true,
    defaultResource(ctx: KoaContextWithOIDC) {
      const { grant_type: grantType, scope, authorization_details: details } = ctx.oidc.params ?? {};
      if (grantType === 'client_credentials' && String(scope).split(' ').includes('migration:read')) return migrations;
      // oidc-provider requires a resource for authorization details, but the client may not know the dealer yet.
      if (details !== undefined) return dealerLinks;
      return undefined;
    },
    getResourceServerInfo(ctx: KoaContextWithOIDC, resource: string, client: ProviderClient): ResourceServer {
      if (resource === migrations) return { scope: allowed(client, 'migration:read'), accessTokenFormat: 'opaque' };
      if (resource === dealerLinks) return { scope: '', accessTokenFormat: 'opaque' };
      if (resource === operations) {
        const registered = allowed(client, OPERATIONS_SCOPES.join(' '));
        return { scope: forOperator(ctx, registered, config.operators), audience: operations, accessTokenFormat: 'opaque' };
      }
      if (!dealerOf(resource, config.dealers)) throw new errors.InvalidTarget(`no such resource: ${resource}`);
      return {
        scope: allowed(client, DEALER_SCOPES),
        audience: resource,
        accessTokenFormat: 'jwt',
        accessTokenTTL: DEALER_TOKEN_LIFETIME_SECONDS,
        jwt: { sign: { alg: 'ES256' } },
      };
    },
    // A token request without `resource` returns the token for UserInfo.
    useGrantedResource: () => false,
  };
}

/**
 * Makes the customizer of JWT access tokens. It replaces the client's identifiers of the person and of the link with those that
 * the dealer knows. The client could read them in the token, although it must not (RFC 9068 section 6). A token also means that the link
 * is in use, so the dealer is told what an older version left out.
 */
export function createDealerNaming({ config, storage, jobs }: Pick<Deps, 'config' | 'storage' | 'jobs'>) {
  return async function nameForDealer(_ctx: unknown, token: Issued & { accountId?: string }, jwt: JWTStructured): Promise<void> {
    const dealer = token.resourceServer && dealerOf(token.resourceServer.identifier(), config.dealers);
    if (!dealer || token.accountId === undefined) return;
    const links = await storage.dealerLinks.listByAccount(token.accountId);
    const link = links.find((candidate) => candidate.dealer === dealer.code);
    jwt.payload.sub = link
      ? customerOf(link, config.keys.subject)
      : dealerSubject(config.keys.dealerSubject, dealer.code, token.accountId);
    if (link) await enqueueMissedHandOver(jobs, link);
    const details = jwt.payload.authorization_details;
    if (link && Array.isArray(details)) {
      jwt.payload.authorization_details = details.map((detail: AuthorizationDetail) => ({ ...detail, link_id: link.id }));
    }
  };
}

/** Makes oidc-provider's settings of rich authorization requests (RFC 9396). */
export function createRichAuthorizationRequests({ config, storage }: Pick<Deps, 'config' | 'storage'>) {
  /** Replaces the link ids with those for the client. */
  const asKnownTo = (ctx: KoaContextWithOIDC, details: readonly DealerLinkDetail[]): DealerLinkDetail[] =>
    details.map((detail) => ({
      ...detail,
      link_id: clientLinkId(config.keys.linkId, sectorOf(ctx.oidc.client!), detail.link_id),
    }));
  /** Reads the status of a link. The token response may add it to the detail (RFC 9396 section 7). */
  const statusOf = async ({ link_id: id }: DealerLinkDetail) => (await storage.dealerLinks.find(id))?.status;

  return {
    enabled: true,
    types: { [DEALER_LINK]: { validate: createDealerLinkValidator(config) } },
    authorizationDetailsForGrantSource: (ctx: KoaContextWithOIDC) => ctx.oidc.grant?.rar,
    async authorizationDetailsForAccessToken(ctx: KoaContextWithOIDC, token: Issued, source: Granted | undefined) {
      const granted = dealerLinksOf(source);
      if (token.resourceServer) {
        const dealer = dealerOf(token.resourceServer.identifier(), config.dealers);
        const ofDealer = granted.filter((detail) => detail.dealer === dealer?.code);
        return asKnownTo(ctx, ofDealer);
      }
      const statuses = await Promise.all(granted.map(statusOf));
      return asKnownTo(ctx, granted).map((detail, index) => ({ ...detail, status: statuses[index] }));
    },
    /** A refresh token holds the links' own ids, as grants do, so they are replaced here. */
    authorizationDetailsForIntrospection: (ctx: KoaContextWithOIDC, token: Granted & { kind: string }) =>
      token.kind === 'RefreshToken' ? asKnownTo(ctx, dealerLinksOf(token)) : token.rar,
  };
}
