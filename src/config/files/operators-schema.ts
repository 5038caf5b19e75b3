// The schema of config/operators.json. config/operators.schema.json is generated from it, for editors.
import { z } from 'zod';
import { OPERATOR_NAME, OPERATOR_ROLES } from '../../domain/operator.ts';

const name = 'a name of lower-case letters, digits, dots and hyphens, such as a.tanaka';

const operator = z.strictObject(
  {
    name: z
      .string(name)
      .regex(OPERATOR_NAME, name)
      .describe('The name that the ledger keeps for good: no customer’s data, and never given to somebody else.'),
    email: z.string('a mail address').describe('The address of their account of the common ID, which needs a second factor.'),
    roles: z
      .array(z.enum(OPERATOR_ROLES, `one of ${OPERATOR_ROLES.join(', ')}`), 'a list of roles')
      .min(1, 'at least one role')
      .describe(
        'support: finds people and acts for them; migration: runs the campaign; audit: reads the ledger; system: jobs and the state of the service.',
      ),
    only: z.literal('development', 'development, or nothing').describe('development: no operator in production.').optional(),
  },
  'an object',
);

export const operatorsSchema = z.strictObject({
  $schema: z.string('"operators.schema.json"').optional(),
  operators: z.array(operator, 'a list'),
});
