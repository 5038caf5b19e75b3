// The codes of the device flow (RFC 8628): how they are stored, answered once, and polled.
import Provider, { errors, type Adapter } from 'oidc-provider';
import { createPollPace } from '../../authentication/limits/device-code-limits.ts';
import type { Clock, Deps } from '../../deps.ts';
import { makeUserCode, showUserCode } from '../../domain/user-code.ts';
import type { ArtifactStore } from '../../storage/storage.ts';
import type { Emit } from '../../telemetry/emit.ts';

/** Finds the device code by the code that the person types. */
const USER_CODE = 'DeviceUserCode';
/** The person's answer, by the device code. The first one counts. */
const ANSWER = 'DeviceCodeAnswer';

/** A code is kept for a second lifetime, so that a late person or device is told that it has expired. */
const KEPT_LIFETIMES = 2;
/** Failures that say nothing about the person's decision. The person can enter the code again. */
const NO_ANSWER: readonly unknown[] = ['server_error', 'temporarily_unavailable', 'invalid_request'];

/** A device code: the members that we use. Some are missing in @types/oidc-provider. */
export type DeviceCode = {
  jti: string;
  userCode: string;
  clientId: string;
  iat: number;
  exp: number;
  params: Record<string, unknown>;
  deviceInfo: { address?: string };
  accountId?: string;
  error?: string;
  consumed?: number;
};

/** Whether the person has answered, or the device has fetched the answer. */
export const isAnswered = ({ accountId, error, consumed }: DeviceCode): boolean =>
  accountId !== undefined || error !== undefined || consumed !== undefined;

/** Whether the code has expired, by the clock of the program. oidc-provider compares with the machine's clock. */
export const isOver = ({ exp }: DeviceCode, now: number): boolean => now >= exp * 1000;

/** The code has expired or was answered meanwhile. */
export class DeviceCodeOver extends errors.InvalidRequest {
  readonly reason: 'expired' | 'used';
  constructor(reason: 'expired' | 'used') {
    super(`the device code is ${reason}`);
    this.reason = reason;
  }
}

/**
 * Makes the adapter of the device codes. A code is never written again. The answer is a record of its own that is written once, so of two
 * tabs the first one decides, and an answer never revives a code that the device has fetched.
 */
export function createDeviceCodeAdapter(
  base: Adapter,
  { artifacts, clock, emit }: { artifacts: ArtifactStore; clock: Clock; emit: Emit },
): Adapter {
  return {
    ...base,
    async find(id) {
      const code = await base.find(id);
      return code && { ...code, ...(await artifacts.find(ANSWER, id)) };
    },
    async upsert(id, payload) {
      const { accountId, error, clientId, iat = 0, exp = 0 } = payload;
      if (accountId === undefined && error === undefined) return base.upsert(id, payload, KEPT_LIFETIMES * (exp - iat));
      if (NO_ANSWER.includes(error)) return undefined;
      if (clock() >= exp * 1000) throw new DeviceCodeOver('expired');
      const isFirst = await artifacts.insertOnce(ANSWER, id, payload, clock() + KEPT_LIFETIMES * (exp - iat) * 1000);
      if (!isFirst) throw new DeviceCodeOver('used');
      emit('device.code', { outcome: accountId === undefined ? 'refused' : 'approved', client_id: clientId, account: accountId });
      return undefined;
    },
  };
}

/** Finds the device code of the code that a person typed, with its answer; also an expired one. */
export async function findByUserCode(
  provider: Provider,
  { artifacts }: { artifacts: ArtifactStore },
  userCode: string,
): Promise<DeviceCode | undefined> {
  const found = await artifacts.find(USER_CODE, userCode);
  return typeof found?.deviceCode === 'string' ? findDeviceCode(provider, found.deviceCode) : undefined;
}

/** Finds a device code with its answer; also an expired one. */
export async function findDeviceCode(provider: Provider, id: string): Promise<DeviceCode | undefined> {
  const options = { ignoreExpiration: true, ignoreSessionBinding: true };
  return modelOf(provider).find(id, options);
}

type Saved = DeviceCode & { expiration: number; generateTokenId(): string; save(): Promise<string> };
type Model = { prototype: Saved; find(id: string, options?: object): Promise<Saved | undefined> };
const modelOf = (provider: Provider): Model => provider.DeviceCode as unknown as Model;

/**
 * Changes the device codes of this provider: draws the user code from our alphabet, answers `slow_down` and `expired_token` to the device.
 * Call it once, before the first request.
 */
export function prepareDeviceCodes(
  provider: Provider,
  { config, storage, clock, emit }: Pick<Deps, 'config' | 'storage' | 'clock' | 'emit'>,
): void {
  const model = modelOf(provider);
  const { artifacts } = storage;
  const pollsTooFast = createPollPace({ config, storage, clock });

  const { save } = model.prototype;
  model.prototype.save = async function saveWithUserCode(this: Saved) {
    if (this.jti !== undefined) return save.call(this);
    this.jti = this.generateTokenId();
    this.iat = Math.floor(clock() / 1000);
    this.exp = this.iat + this.expiration;
    const until = clock() + KEPT_LIFETIMES * this.expiration * 1000;
    do this.userCode = makeUserCode();
    while (!(await artifacts.insertOnce(USER_CODE, this.userCode, { deviceCode: this.jti }, until)));
    return save.call(this);
  };

  const find = model.find.bind(model);
  model.find = async (id, options) => {
    const code = await find(id, options);
    const { oidc } = Provider.ctx ?? {};
    if (!code || oidc?.route !== 'token' || oidc.client?.clientId !== code.clientId || code.consumed !== undefined) return code;
    if (isOver(code, clock())) throw new errors.ExpiredToken('the device code has expired');
    if (!isAnswered(code) && (await pollsTooFast(code.jti)))
      throw new errors.SlowDown(`poll every ${config.rateLimits.deviceCode.pollAfterSeconds} seconds at most`);
    return code;
  };

  provider.on('device_authorization.success', ({ oidc }, body) => {
    const userCode = showUserCode(oidc.deviceCode!.userCode);
    body.user_code = userCode;
    body.verification_uri_complete = `${String(body.verification_uri)}?user_code=${userCode}`;
    emit('device.code', { outcome: 'issued', client_id: oidc.client?.clientId });
    body.interval = config.rateLimits.deviceCode.pollAfterSeconds;
  });
}
