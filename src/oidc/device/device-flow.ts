// Begins the sign-in of a device in the browser in which a person has entered its code (RFC 8628, section 3.3).
import { randomUUID } from 'node:crypto';
import type Provider from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { createBrowserIds } from '../../http/browser-id.ts';
import { firstValueDigest } from '../../http/first-cookie.ts';
import type { PageContext } from '../../http/page-context.ts';
import { changeFacts } from '../policy/request-facts.ts';
import { findByUserCode, isAnswered, isOver, type DeviceCode } from './device-codes.ts';

/** The path of the page on which codes are entered. */
export const DEVICE_PATH = '/device';

/** Stores the browser in which a code was entered, by the device code. */
const BROWSER = 'DeviceCodeBrowser';

/** Why a code does not lead on. `elsewhere`: it was entered in another browser. */
export type CodeProblem = 'unknown' | 'expired' | 'used' | 'elsewhere';

/** The constructor's parameters are missing in @types/oidc-provider. */
type InteractionModel = new (uid: string, members: object) => { save(seconds: number): Promise<string> };

export type DeviceFlow = {
  /**
   * Binds the code to this browser and begins its interaction. The first browser counts; it may enter the code again.
   * @returns the interaction to resume, or why there is none
   */
  begin(
    ctx: PageContext,
    userCode: string,
  ): Promise<{ uid: string; returnTo: string; clientId: string } | { problem: CodeProblem }>;
};

/** Makes the device flow. */
export function createDeviceFlow(
  provider: Provider,
  { config, storage, clock }: Pick<Deps, 'config' | 'storage' | 'clock'>,
): DeviceFlow {
  const browserIds = createBrowserIds(config.issuer.startsWith('https:'));

  async function bind(ctx: PageContext, { jti }: DeviceCode, browserId: string): Promise<boolean> {
    const { artifacts } = storage;
    const until = clock() + config.lifetimes.deviceCode * 1000;
    if (await artifacts.insertOnce(BROWSER, jti, { browser: firstValueDigest(browserId) }, until)) return true;
    return browserIds.isOwnDigest(ctx, (await artifacts.find(BROWSER, jti))?.browser as string | undefined);
  }

  return {
    async begin(ctx, userCode) {
      const code = await findByUserCode(provider, storage, userCode);
      if (!code) return { problem: 'unknown' };
      if (isOver(code, clock())) return { problem: 'expired' };
      if (isAnswered(code)) return { problem: 'used' };
      const browserId = browserIds.ensure(ctx);
      if (!(await bind(ctx, code, browserId))) return { problem: 'elsewhere' };

      const [uid, cid] = [randomUUID(), randomUUID()];
      const returnTo = `${config.issuer}${DEVICE_PATH}/${uid}`;
      const interaction = new (provider.Interaction as unknown as InteractionModel)(uid, {
        returnTo,
        prompt: { name: 'device', reasons: [], details: {} },
        params: code.params,
        deviceCode: code.jti,
        cid,
      });
      await interaction.save(config.lifetimes.interaction);
      const ends = clock() + config.lifetimes.interaction * 1000;
      const note = { browser_id: browserId, current_uid: uid, current_until: ends };
      await changeFacts(storage.interactionFacts, cid, () => note, ends);
      return { uid, returnTo, clientId: code.clientId };
    },
  };
}
