// The schemas of the configuration files as JSON Schema, so that an editor completes and checks what is typed.
import { z } from 'zod';
import { clientSchema } from '../clients/client-schema.ts';
import { dealersSchema } from './dealers-schema.ts';
import { policySchema } from './policy-schema.ts';
import { servicesSchema } from './services-schema.ts';

const SCHEMAS = {
  'clients.schema.json': { schema: clientSchema, title: 'A client app of the common ID' },
  'dealers.schema.json': { schema: dealersSchema, title: 'The dealers that an ID can be linked with' },
  'policy.schema.json': { schema: policySchema, title: 'Password rule, rate limits and lifetimes' },
  'services.schema.json': { schema: servicesSchema, title: 'The services that are shown before registration' },
};

/** JSON Schema (draft 7, which every editor knows) by the name of the file in config/. */
export function jsonSchemas(): Record<string, object> {
  const entries = Object.entries(SCHEMAS).map(([name, { schema, title }]) => {
    // What a person types, not what comes out of it: keys with a default may be left out.
    const { $schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' });
    return [name, { $schema, title, ...rest }];
  });
  return Object.fromEntries(entries) as Record<string, object>;
}
