// The operator who calls.
import { z } from 'zod';
import { OPERATIONS_SCOPES, OPERATOR_ROLES } from '../../../domain/operator.ts';
import { endpoint } from '../endpoint.ts';

const me = endpoint({
  name: 'showMe',
  method: 'GET',
  path: '/me',
  tells: 'Shows who is signed in, with which roles, and what the access token may do.',
  answer: z.strictObject({
    operator: z.string(),
    email: z.string(),
    roles: z.array(z.enum(OPERATOR_ROLES)),
    scopes: z.array(z.enum(OPERATIONS_SCOPES)).meta({ description: 'Those of the token that the operator has a role for.' }),
  }),
  run: async ({ caller: { operator, account, scopes } }) => ({
    operator: operator.name,
    email: account.email,
    roles: operator.roles,
    scopes,
  }),
});

export const ME_ENDPOINTS = [me];
