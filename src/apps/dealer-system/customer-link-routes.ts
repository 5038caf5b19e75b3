// The routes by which the common ID delivers the links that customers have consented to, and withdraws them.
import { createHash } from 'node:crypto';
import Router from 'koa-router';
import type { PageState } from '../../http/page-context.ts';
import { authorizeDelivery } from './authorize.ts';
import type { ApiDeps } from './api-deps.ts';
import { idempotencyKey } from '../../http/idempotency-key.ts';
import { InvalidJwt } from './issuer-keys.ts';
import { linkBody, type LinkBody } from './link-body.ts';
import { Problem } from '../../http/problem.ts';
import { bodyAs, readJson } from '../../http/read-json.ts';

const LINK_ID = /^[\w.~:-]{1,200}$/;

/**
 * Returns the same fingerprint for two requests with the same content. The receipt is left out: it repeats the other members,
 * and its signature differs each time. The schema has already sorted the members.
 */
function fingerprint(linkId: string, { customer, customer_number, vehicles }: LinkBody): string {
  return createHash('sha256')
    .update(JSON.stringify([linkId, customer, customer_number, vehicles]))
    .digest('base64url');
}

/** Creates the router for `PUT` and `DELETE /dealers/<code>/customer-links/<link_id>`. */
export function customerLinkRoutes(deps: ApiDeps): Router<PageState> {
  const { links, verifyJwt, clock, resourceOf, log } = deps;
  const router = new Router<PageState>();

  /** Checks that the customer consented to exactly this link with exactly this dealer. */
  async function checkReceipt(body: LinkBody, resource: string, linkId: string): Promise<void> {
    const refuse = (reason: string): never => {
      throw new Problem(400, 'consent_receipt_invalid', 'The consent receipt does not prove this link.', {
        errors: { consent_receipt: reason },
      });
    };
    const receipt = await verifyJwt(body.consent_receipt, {
      typ: 'consent-receipt+jwt',
      audience: resource,
      requiredClaims: ['iat', 'sub', 'link_id'],
    }).catch((error: unknown) => {
      if (error instanceof InvalidJwt) return refuse(error.message);
      throw error;
    });
    if (receipt.sub !== body.customer.sub) refuse('"sub" differs from "customer.sub"');
    if (receipt['link_id'] !== linkId) refuse('"link_id" differs from the link id in the path');
  }

  router.put('/dealers/:dealer/customer-links/:link', readJson(), async (ctx) => {
    const { dealer = '', link: linkId = '' } = ctx.params;
    const resource = resourceOf(dealer);
    await authorizeDelivery(deps, ctx, resource);
    if (!LINK_ID.test(linkId)) throw new Problem(400, 'link_id_invalid', 'A link id has 1 to 200 unreserved characters.');
    const key = idempotencyKey(ctx.get('Idempotency-Key'));
    const body = bodyAs(linkBody, ctx);
    await checkReceipt(body, resource, linkId);

    const accepted = links.accept({
      dealer,
      linkId,
      idempotencyKey: key,
      fingerprint: fingerprint(linkId, body),
      body,
      now: clock(),
    });
    if (accepted === 'key_reused') {
      throw new Problem(
        422,
        'idempotency_key_reused',
        'This Idempotency-Key was already used for a different request; use a new one.',
      );
    }
    log.info({ dealer, link_id: linkId, status: accepted.status }, 'customer link accepted');
    ctx.status = accepted.status;
    ctx.body = accepted.link;
  });

  router.delete('/dealers/:dealer/customer-links/:link', async (ctx) => {
    const { dealer = '', link: linkId = '' } = ctx.params;
    await authorizeDelivery(deps, ctx, resourceOf(dealer));
    const link = links.withdraw(dealer, linkId);
    if (!link) throw new Problem(404, 'link_unknown', 'This dealer has no link with this id.');
    log.info({ dealer, link_id: link.link_id }, 'customer link withdrawn');
    ctx.body = { link_id: link.link_id, status: link.status, linked_at: link.linked_at };
  });

  return router;
}
