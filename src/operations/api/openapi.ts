// Makes the OpenAPI 3.1 document from the schemas that check the requests.
import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { operationsResource } from '../../domain/operator.ts';
import type { Endpoint } from './endpoint.ts';
import { problem } from './schemas.ts';

/** Refusals that every endpoint has, by status. */
const ALWAYS: Record<number, readonly string[]> = {
  401: ['token_missing', 'invalid_token', 'invalid_dpop_proof', 'insufficient_user_authentication'],
  403: ['not_an_operator', 'insufficient_scope'],
  429: ['too_many_requests'],
  500: ['unexpected'],
  503: ['busy'],
};
const OF_INPUTS: Record<number, readonly string[]> = { 400: ['request_invalid'] };
const OF_BODY: Record<number, readonly string[]> = { 400: ['body_unreadable'], 413: ['body_too_large'], 415: ['media_type'] };
const OF_ACTION: Record<number, readonly string[]> = {
  400: ['idempotency_key_missing'],
  409: ['still_running'],
  422: ['idempotency_key_reused'],
};

const idempotencyKey = z.strictObject({
  'Idempotency-Key': z
    .string()
    .meta({ description: 'The same key with the same request gives the same answer for 24 hours, and the action is done once.' }),
});

/** Returns every code of refusal of an endpoint, by status. */
export function refusalsOf({ body, isAction, refusals = {} }: Endpoint): Map<number, string[]> {
  const all = new Map<number, string[]>();
  for (const some of [ALWAYS, OF_INPUTS, body ? OF_BODY : {}, isAction ? OF_ACTION : {}, refusals])
    for (const [status, codes] of Object.entries(some)) {
      const known = all.get(Number(status)) ?? [];
      all.set(Number(status), [...new Set([...known, ...codes])]);
    }
  return all;
}

/** Makes the document. */
export function createOpenApi(issuer: string, endpoints: readonly Endpoint[]): object {
  const paths: ZodOpenApiPathsObject = {};
  for (const one of endpoints) (paths[one.path] ??= {})[one.method === 'GET' ? 'get' : 'post'] = operationOf(one);
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Operations API of the TOYOTA/LEXUS common ID',
      version: '1',
      description: 'For the support desk, the campaign and the audit. See docs/operations-api.md.',
    },
    servers: [{ url: `${operationsResource(issuer)}/v1` }],
    paths,
    components: {
      securitySchemes: {
        oauth: {
          type: 'oauth2',
          description: 'Tokens for the resource of the API (RFC 8707), of a sign-in with a second factor (RFC 9470).',
          flows: {
            authorizationCode: {
              authorizationUrl: `${issuer}/auth`,
              tokenUrl: `${issuer}/token`,
              scopes: {
                'operations:support': 'Finds people, shows what happened, acts for them.',
                'operations:migration': 'Runs the campaign.',
                'operations:audit': 'Reads and verifies the ledger.',
                'operations:system': 'Jobs, and the state of the service.',
              },
            },
          },
        },
      },
    },
  });
}

function operationOf(one: Endpoint): ZodOpenApiOperationObject {
  const { name, tells, role, params, query, body, answer, isAction } = one;
  const refusals = [...refusalsOf(one)].map(([status, codes]) => [
    String(status),
    { description: codes.join(', '), content: { 'application/problem+json': { schema: problem } } },
  ]);
  return {
    operationId: name,
    summary: tells,
    security: [{ oauth: role === undefined ? [] : [`operations:${role}`] }],
    requestParams: {
      ...(params && { path: params }),
      ...(query && { query }),
      ...(isAction && { header: idempotencyKey }),
    },
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: {
      '200': { description: 'Done.', content: { 'application/json': { schema: answer } } },
      ...Object.fromEntries(refusals),
    },
  };
}
