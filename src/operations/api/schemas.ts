// The schemas that several endpoints share: what requests send, and what answers show.
import { z } from 'zod';
import { Problem } from '../../http/problem.ts';

/** Why somebody looks or acts. The ledger keeps it for good. */
export const reason = z
  .string('expected a text')
  .trim()
  .min(4, 'expected 4 to 200 characters')
  .max(200, 'expected 4 to 200 characters')
  .meta({ description: 'Why, for example the number of a ticket. It stands in the ledger, so it has no personal data.' });

export const byReason = z.strictObject({ reason });
export const accountId = z.strictObject({ id: z.string('expected the id of an account').min(1).max(100) });

/** The query of a list. */
export const paging = {
  limit: z.coerce
    .number('expected a number from 1 to 200')
    .int('expected a number from 1 to 200')
    .min(1, 'expected a number from 1 to 200')
    .max(200, 'expected a number from 1 to 200')
    .default(50)
    .meta({ description: 'How many entries at most.' }),
  cursor: z
    .string('expected next_cursor of the answer before')
    .max(1000, 'expected next_cursor of the answer before')
    .optional()
    .meta({ description: '`next_cursor` of the answer before. Its form may change.' }),
};
export const nextCursor = z
  .string()
  .optional()
  .meta({ description: 'Send it as `cursor` to get what follows; absent at the end.' });

/** A time in ISO 8601, UTC. */
export const time = z.iso.datetime();

/** Writes a position for `next_cursor`. */
export const writeCursor = (position: unknown): string => Buffer.from(JSON.stringify(position)).toString('base64url');

/** Reads a position. @throws {Problem} 400 if it is none */
export function readCursor<T>(schema: z.ZodType<T>, cursor: string | undefined): T | undefined {
  if (cursor === undefined) return undefined;
  const result = schema.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()));
  if (result.success) return result.data;
  throw new Problem(400, 'request_invalid', 'The request is invalid; see errors.', {
    errors: { cursor: 'expected next_cursor of the answer before' },
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What every refusal has (RFC 9457). */
export const problem = z
  .object({
    type: z.string().meta({ description: '`urn:common-id:problem:` and the code.' }),
    title: z.string(),
    status: z.number().int(),
    code: z.string().meta({ description: 'Stable, for programs.' }),
    detail: z.string().meta({ description: 'One sentence, for developers.' }),
    request_id: z.string().meta({ description: 'The log of the common ID has it.' }),
    errors: z.record(z.string(), z.string()).optional().meta({ description: 'One sentence for each wrong member.' }),
  })
  .meta({ id: 'Problem', description: 'A refusal (RFC 9457).' });
