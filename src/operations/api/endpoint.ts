// What an endpoint of the operations API is. The router, the checks of requests and the OpenAPI document are made from it.
import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import type { OperatorRole } from '../../domain/operator.ts';
import { Problem } from '../../http/problem.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';
import type { Caller } from './caller.ts';

export type Input = z.ZodObject;
type Of<Schema extends Input | undefined> = Schema extends Input ? z.output<Schema> : undefined;

/** What every endpoint is given. */
export type Given = {
  deps: Deps;
  access: AccountAccess;
  caller: Caller;
  /** Whether an earlier call with the same Idempotency-Key began and did not end: what it did may stand already. */
  resumed: boolean;
};

type Definition<Path extends Input | undefined, Query extends Input | undefined, Body extends Input | undefined, Answer> = {
  /** The name in the OpenAPI document and in the log. */
  name: string;
  method: 'GET' | 'POST';
  /** Below `/operations/v1`, with `{name}` for what `params` describes. */
  path: string;
  /** One sentence: what it does. */
  tells: string;
  /** The role that it needs, and with it the scope; absent if any is enough. */
  role?: OperatorRole;
  params?: Path;
  query?: Query;
  body?: Body;
  answer: z.ZodType<Answer>;
  /** Whether it changes something: then it needs an Idempotency-Key, and is done once for each. */
  isAction?: true;
  /** Codes of refusals besides those that every endpoint has. */
  refusals?: Record<number, readonly string[]>;
  run(given: Given & { params: Of<Path>; query: Of<Query>; body: Of<Body> }): Promise<Answer>;
};

export type Inputs = { params: unknown; query: unknown; body: unknown };

export type Endpoint = Omit<Definition<Input | undefined, Input | undefined, Input | undefined, object>, 'run'> & {
  run(given: Given & Inputs): Promise<object>;
};

/** Defines an endpoint, with the types of its inputs taken from their schemas. */
export function endpoint<
  Answer extends object,
  Path extends Input | undefined = undefined,
  Query extends Input | undefined = undefined,
  Body extends Input | undefined = undefined,
>(definition: Definition<Path, Query, Body, Answer>): Endpoint {
  // `readInputs` gives `run` what these schemas returned.
  return definition;
}

/** A parameter that is not known may be a mistake, so it is refused everywhere. */
const NO_PARAMETERS = z.strictObject({});

/**
 * Checks what a request sends.
 * @throws {Problem} 400 with a sentence for each wrong member
 */
export function readInputs({ params, query, body }: Endpoint, sent: Inputs): Inputs {
  const errors: Record<string, string> = {};
  const read = (schema: Input | undefined, value: unknown, where: string): unknown => {
    if (!schema) return undefined;
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    for (const issue of result.error.issues) {
      const names = issue.code === 'unrecognized_keys' ? issue.keys : [''];
      for (const name of names) {
        const path = [...issue.path, name].filter((part) => part !== '').join('.');
        errors[path || where] = issue.code === 'unrecognized_keys' ? 'expected no such member' : issue.message;
      }
    }
    return undefined;
  };
  const inputs = {
    params: read(params, sent.params, 'path'),
    query: read(query ?? NO_PARAMETERS, sent.query, 'query'),
    body: read(body, sent.body, 'body'),
  };
  if (Object.keys(errors).length === 0) return inputs;
  throw new Problem(400, 'request_invalid', 'The request is invalid; see errors.', { errors });
}
