// Where the common ID delivers the links that customers have consented to, and takes them back.
import { createHash } from 'node:crypto';
import Router from 'koa-router';
import type { PageState } from '../../http/page-context.ts';
import { authorizeDelivery } from './authorize.ts';
import type { ApiDeps } from './api-deps.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { InvalidJwt } from './issuer-keys.ts';
import { linkBody, type LinkBody } from './link-body.ts';
import { Problem } from './problem.ts';
import { bodyAs, readJson } from './read-json.ts';

const LINK_ID = /^[\w.~:-]{1,200}$/;

/**
 * Equal for two requests that ask for the same. The receipt is left out: it says the same as the rest, and a signature made
 * again differs. The schema has put the members in order.
 */
function fingerprint(linkId: string, { customer, customer_number, vehicles }: LinkBody): string {
  return createHash('sha256')
    .update(JSON.stringify([linkId, customer, customer_number, vehicles]))
    .digest('base64url');
}

/** `PUT` and `DELETE /dealers/<code>/customer-links/<link_id>`. */
export function customerLinkRoutes({ links, verifyJwt, clock, resourceOf, log }: ApiDeps): Router<PageState> {
  const router = new Router<PageState>();

  /** The customer must have consented to this very link with this very dealer. */
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
    if (receipt.sub !== body.customer.sub) refuse('"sub" is another customer than "customer.sub"');
    if (receipt['link_id'] !== linkId) refuse('"link_id" is another link than the one in the path');
  }

  router.put('/dealers/:dealer/customer-links/:link', readJson(), async (ctx) => {
    const dealer = ctx.params.dealer as string;
    const linkId = ctx.params.link as string;
    const resource = resourceOf(dealer);
    await authorizeDelivery(verifyJwt, ctx.get('Authorization'), resource);
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
      throw new Problem(422, 'idempotency_key_reused', 'This Idempotency-Key came with another request before; use a new one.');
    }
    log.info({ dealer, link_id: linkId, status: accepted.status }, 'customer link accepted');
    ctx.status = accepted.status;
    ctx.body = accepted.link;
  });

  router.delete('/dealers/:dealer/customer-links/:link', async (ctx) => {
    const dealer = ctx.params.dealer as string;
    await authorizeDelivery(verifyJwt, ctx.get('Authorization'), resourceOf(dealer));
    const link = links.withdraw(dealer, ctx.params.link as string);
    if (!link) throw new Problem(404, 'link_unknown', 'There is no such link at this dealer.');
    log.info({ dealer, link_id: link.link_id }, 'customer link withdrawn');
    ctx.body = { link_id: link.link_id, status: link.status, linked_at: link.linked_at };
  });

  return router;
}
