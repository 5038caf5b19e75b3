// Converts the schemas of the configuration files to JSON Schema, for completion and validation in editors.
import { z } from 'zod';
import { clientSchema } from '../clients/client-schema.ts';
import { FILE_SECTIONS, type FileSection } from './file-sections.ts';

/** @returns the JSON Schemas by their file names in config/; draft 7, because every editor supports it */
export function jsonSchemas(): Record<string, object> {
  const sections = Object.entries<FileSection>(FILE_SECTIONS).flatMap(([name, { schema }]) =>
    schema ? [[name, schema] as const] : [],
  );
  const all = [['clients', { title: 'A client app of the common ID', describes: clientSchema }] as const, ...sections];
  return Object.fromEntries(
    all.map(([name, { title, describes }]) => {
      // Use the input type, in which keys with a default are optional.
      const { $schema, ...rest } = z.toJSONSchema(describes, { target: 'draft-7', io: 'input' });
      return [`${name}.schema.json`, { $schema, title, ...rest }];
    }),
  );
}
