// The schema of config/services.json. config/services.schema.json is generated from it, for editors.
import { z } from 'zod';
import { localizedText } from '../clients/client-schema.ts';

const service = z.strictObject(
  {
    name: localizedText,
    description: localizedText.optional(),
    client_id: z
      .string('the id of a client app')
      .describe('Its client app. The service is linked to the client_uri of that app while the app is enabled.')
      .optional(),
    url: z.string('a URL').describe('Where it is, for a service without a client app. May refer to the environment.').optional(),
  },
  'an object',
);

/** The services, in the order of page ④. */
export const servicesSchema = z.strictObject({
  $schema: z.string('"services.schema.json"').optional(),
  services: z.array(service, 'a list').min(1, 'at least one service'),
});
