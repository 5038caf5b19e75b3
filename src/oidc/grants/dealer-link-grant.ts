// Consent to a dealer link as a scoped grant: authorization details of type `dealer_link` (RFC 9396) bound to the dealer's
// resource (RFC 8707). A token for one dealer names that dealer alone; consent for one gives nothing for another.
import { errors, type Client as ProviderClient, type Grant, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import type { Config, Dealer } from '../../config/config.ts';
import { clientLinkId, RECEIVED_DATA, SHARED_DATA, type DealerLink } from '../../domain/dealer-link.ts';
import { customerOf, dealerSubject } from '../../domain/dealer-subject.ts';
import type { Deps } from '../../deps.ts';
import { sectorOf } from '../clients/pairwise-subject.ts';

/** What a client may ask: `dealer` is left out where the person is to find one. */
export type DealerLinkRequest = { type: 'dealer_link'; dealer?: string; share?: string[]; receive?: string[] };

/** What a grant and a token hold. `link_id` is the link's own in what we keep and in tokens for the dealer; a client is told another, see `clientLinkId`. */
export type DealerLinkDetail = { type: 'dealer_link'; dealer: string; link_id: string; share: string[]; receive: string[] };

export const DEALER_LINK = 'dealer_link';

/** Scopes of a dealer's resource. `customer_links:write` is for the common ID itself. */
const DEALER_SCOPES = 'service_history booking';
const DEALER_TOKEN_LIFETIME_SECONDS = 10 * 60;

const refuse = (sentence: string): never => {
  throw new errors.InvalidAuthorizationDetails(`dealer_link: ${sentence}`);
};

/** The page of the consent tells all that goes each way, in the guide's words: a request for some of it would ask for less than is agreed to. */
function checkList(name: string, value: unknown, all: readonly string[]): void {
  if (value === undefined) return;
  const whole = Array.isArray(value) && value.length === all.length && all.every((item) => value.includes(item));
  if (!whole) refuse(`"${name}" may be left out, or must have all of ${all.join(', ')}`);
}

/** Checks one member of `authorization_details`. @throws {errors.InvalidAuthorizationDetails} */
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

/** The dealer link that an authorization request asks for; `undefined` where it asks for none. */
export function requestedDealerLink(authorizationDetails: unknown): DealerLinkRequest | undefined {
  if (typeof authorizationDetails !== 'string') return undefined;
  const details = JSON.parse(authorizationDetails) as DealerLinkRequest[];
  return details.find(({ type }) => type === DEALER_LINK);
}

/** A link that consent stands behind, whatever the dealer has answered yet. */
export const isConsented = (link: DealerLink): boolean => link.status !== 'withdrawn';

function detailOf(link: DealerLink): DealerLinkDetail {
  return { type: DEALER_LINK, dealer: link.dealer, link_id: link.id, share: link.consent.share, receive: link.consent.receive };
}

/** Makes a grant hold exactly these links. Answers whether that changed anything. */
export function setDealerLinks(grant: Grant & { rar?: unknown[] | undefined }, links: readonly DealerLink[]): boolean {
  const wanted = links.map(detailOf);
  if (JSON.stringify(grant.rar ?? []) === JSON.stringify(wanted)) return false;
  grant.rar = wanted;
  return true;
}

const dealerOf = (resource: string, dealers: readonly Dealer[]): Dealer | undefined =>
  dealers.find((dealer) => dealer.resource === resource);

/** The resources of our tokens: one a dealer, and our own status endpoint. */
export function createResourceIndicators({ config, clients }: Pick<Deps, 'config' | 'clients'>) {
  /** Those scopes of a resource that the client's file names. */
  const allowed = (client: ProviderClient, scopes: string): string => {
    const registered = String(clients.find(client.clientId)?.metadata.scope ?? '').split(' ');
    return scopes
      .split(' ')
      .filter((scope) => registered.includes(scope))
      .join(' ');
  };
  const migrations = `${config.issuer}/migrations`;
  const dealerLinks = `${config.issuer}/dealer-links`;
  return {
    enabled: true,
    defaultResource(ctx: KoaContextWithOIDC) {
      const { grant_type: grantType, scope, authorization_details: details } = ctx.oidc.params ?? {};
      if (grantType === 'client_credentials' && String(scope).split(' ').includes('migration:read')) return migrations;
      // Authorization details need a resource; a person who has yet to choose a dealer has none to name.
      if (details !== undefined) return dealerLinks;
      return undefined as unknown as string;
    },
    getResourceServerInfo(_ctx: KoaContextWithOIDC, resource: string, client: ProviderClient): ResourceServer {
      if (resource === migrations) return { scope: allowed(client, 'migration:read'), accessTokenFormat: 'opaque' };
      if (resource === dealerLinks) return { scope: '', accessTokenFormat: 'opaque' };
      if (!dealerOf(resource, config.dealers)) throw new errors.InvalidTarget(`no such resource: ${resource}`);
      return {
        scope: allowed(client, DEALER_SCOPES),
        audience: resource,
        accessTokenFormat: 'jwt',
        accessTokenTTL: DEALER_TOKEN_LIFETIME_SECONDS,
        jwt: { sign: { alg: 'ES256' } },
      };
    },
    // Without `resource` at the token endpoint a client gets the token for UserInfo.
    useGrantedResource: () => false,
  };
}

/**
 * Puts into a dealer's token what the dealer calls the customer and the link, in the place of what the client calls them. A client app
 * can read the token, as it can read any that it carries; it must not (RFC 9068 section 6).
 */
export function createDealerNaming({ config, storage }: Pick<Deps, 'config' | 'storage'>) {
  return async function nameForDealer(
    _ctx: unknown,
    token: { accountId?: string; resourceServer?: { identifier(): string } },
    jwt: { payload: { sub?: string; authorization_details?: DealerLinkDetail[] } },
  ): Promise<void> {
    const dealer = token.resourceServer && dealerOf(token.resourceServer.identifier(), config.dealers);
    if (!dealer || token.accountId === undefined) return;
    const links = await storage.dealerLinks.listByAccount(token.accountId);
    const link = links.find((candidate) => candidate.dealer === dealer.code);
    jwt.payload.sub = link
      ? customerOf(link, config.keys.subject)
      : dealerSubject(config.keys.dealerSubject, dealer.code, token.accountId);
    if (link && jwt.payload.authorization_details) {
      jwt.payload.authorization_details = jwt.payload.authorization_details.map((detail) => ({ ...detail, link_id: link.id }));
    }
  };
}

/** oidc-provider's settings of rich authorization requests. */
export function createRichAuthorizationRequests({ config, storage }: Pick<Deps, 'config' | 'storage'>) {
  type Granted = { rar?: DealerLinkDetail[]; accountId?: string };
  /** The links, with the ids that the client knows. */
  const asKnownTo = (ctx: KoaContextWithOIDC, details: DealerLinkDetail[]): DealerLinkDetail[] =>
    details.map((detail) => ({
      ...detail,
      link_id: clientLinkId(config.keys.linkId, sectorOf(ctx.oidc.client!), detail.link_id),
    }));
  /** Tells the client how its link stands: the token response may say more than was asked (RFC 9396 section 7). */
  const statusOf = async ({ link_id: id }: DealerLinkDetail) => (await storage.dealerLinks.find(id))?.status;

  return {
    enabled: true,
    types: { [DEALER_LINK]: { validate: createDealerLinkValidator(config) } },
    authorizationDetailsForGrantSource: (ctx: KoaContextWithOIDC) => (ctx.oidc.grant as (Grant & Granted) | undefined)?.rar,
    async authorizationDetailsForAccessToken(
      ctx: KoaContextWithOIDC,
      token: Granted & { resourceServer?: { identifier(): string } },
      source?: Granted,
    ) {
      const granted = source?.rar ?? [];
      if (token.resourceServer) {
        const dealer = dealerOf(token.resourceServer.identifier(), config.dealers);
        const ofDealer = granted.filter((detail) => detail.dealer === dealer?.code);
        return asKnownTo(ctx, ofDealer);
      }
      const statuses = await Promise.all(granted.map(statusOf));
      return asKnownTo(ctx, granted).map((detail, index) => ({ ...detail, status: statuses[index] }));
    },
    /** A refresh token holds the links as grants do, for the tokens that are made of it. */
    authorizationDetailsForIntrospection: (ctx: KoaContextWithOIDC, token: Granted & { kind: string }) =>
      token.kind === 'RefreshToken' ? asKnownTo(ctx, token.rar ?? []) : token.rar,
  };
}
