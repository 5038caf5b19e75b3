// The console's requests to the operations API, with the access token of the operator's session.
import { z } from 'zod';
import type { IdentityProvider, ResourceRequest } from '../identity-provider.ts';
import { SessionEnded, type FreshToken } from '../fresh-token.ts';
import type { Session } from './sessions.ts';

/** The API refused. Trying again does not help. */
export class ApiRefusal extends Error {
  override name = 'ApiRefusal';
  readonly status: number;
  /** As in docs/operations-api.md. */
  readonly code: string;
  /** The names of the members of the request that are wrong. */
  readonly wrong: readonly string[];
  constructor(status: number, { code, detail, errors }: z.infer<typeof problem>) {
    super(`the operations API: ${code}${detail === undefined ? '' : ` (${detail})`}`);
    this.status = status;
    this.code = code;
    this.wrong = Object.keys(errors ?? {});
  }
}

/** The API does not answer, or is busy. Nothing is known about an action; the same idempotency key makes it safe to send it again. */
export class ApiUnavailable extends Error {
  override name = 'ApiUnavailable';
  readonly retryAfterSeconds: number | undefined;
  readonly isLimit: boolean;
  constructor(detail: string, { status, retryAfter }: { status?: number; retryAfter?: string | null } = {}) {
    super(detail);
    this.isLimit = status === 429;
    const seconds = Number(retryAfter ?? NaN);
    this.retryAfterSeconds = Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
  }
}

/** RFC 9457, and our members. */
const problem = z.object({
  code: z.string().catch('unknown'),
  detail: z.string().optional(),
  errors: z.record(z.string(), z.string()).optional(),
});

export type OperationsApi = {
  /** @throws {ApiRefusal}, {ApiUnavailable}, {SignInInsufficient}, {SessionEnded} */
  get<T>(session: Session, path: string, schema: z.ZodType<T>): Promise<T>;
  /**
   * Posts a look or an action.
   * @param key the idempotency key of an action
   * @throws {ApiRefusal}, {ApiUnavailable}, {SignInInsufficient}, {SessionEnded}
   */
  post<T>(session: Session, path: string, body: object, schema: z.ZodType<T>, key?: string): Promise<T>;
};

/** Creates the client of `<issuer>/operations/v1`. */
export function createOperationsApi(
  issuer: string,
  idp: Pick<IdentityProvider, 'fetchResource'>,
  freshToken: FreshToken,
): OperationsApi {
  async function ask<T>(session: Session, path: string, request: ResourceRequest, schema: z.ZodType<T>): Promise<T> {
    const token = await freshToken.of(session.key);
    const headers = { Accept: 'application/json, application/problem+json', ...request.headers };
    const answer = await idp.fetchResource(token, `${issuer}/operations/v1${path}`, { ...request, headers }).catch(orUnavailable);
    const body: unknown = await answer.json().catch(() => undefined);
    if (answer.ok) {
      const read = schema.safeParse(body);
      if (read.success) return read.data;
      throw new ApiUnavailable(`${path}: the answer has another shape: ${z.prettifyError(read.error)}`);
    }
    if (answer.status === 401) throw new SessionEnded();
    const { data = { code: 'unknown' } } = problem.safeParse(body);
    if (answer.status === 429 || answer.status >= 500) {
      const retryAfter = answer.headers.get('Retry-After');
      throw new ApiUnavailable(`${path}: ${answer.status} ${data.code}`, { status: answer.status, retryAfter });
    }
    throw new ApiRefusal(answer.status, data);
  }

  return {
    get: async (session, path, schema) => ask(session, path, {}, schema),
    post: async (session, path, body, schema, key) => {
      const headers = { 'Content-Type': 'application/json', ...(key !== undefined && { 'Idempotency-Key': key }) };
      return ask(session, path, { method: 'POST', headers, body: JSON.stringify(body) }, schema);
    },
  };
}

function orUnavailable(error: unknown): never {
  if (error instanceof Error && error.name === 'SignInInsufficient') throw error;
  throw new ApiUnavailable(error instanceof Error ? error.message : String(error));
}
