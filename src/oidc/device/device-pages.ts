// Where oidc-provider sends the browser in the device flow. It would render pages of its own.
import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import { redirect } from '../../http/redirect.ts';
import { DeviceCodeOver } from './device-codes.ts';
import { DEVICE_PATH } from './device-flow.ts';

/** oidc-provider's errors of a code, by the names of their classes, which it does not export. */
const PROBLEMS: Record<string, string> = { ExpiredError: 'expired', AlreadyUsedError: 'used', NotFoundError: 'expired' };

type RenderError = (ctx: KoaContextWithOIDC, out: ErrorOut, error: Error) => void;

/** Makes the functions of oidc-provider's feature `deviceFlow`. */
export function createDevicePages(renderError: RenderError) {
  return {
    /** The address as our proxies report it. The request's other headers could say anything. */
    deviceInfo: (ctx: KoaContextWithOIDC) => ({ address: ctx.ip }),
    /** The person has declined, or something failed. */
    userCodeInputSource(ctx: KoaContextWithOIDC, _form: string, out?: ErrorOut, error?: Error): void {
      // oidc-provider has just put the secret of its own form into the session. We do not show the form, and a new session could not be
      // saved.
      Object.assign(ctx.oidc.session ?? {}, { touched: false });
      if (!out || !error) return redirect(ctx, DEVICE_PATH);
      if (error.name === 'AbortedError') return redirect(ctx, `${DEVICE_PATH}/refused`);
      const problem = error instanceof DeviceCodeOver ? error.reason : PROBLEMS[error.name];
      return problem === undefined ? renderError(ctx, out, error) : redirect(ctx, `${DEVICE_PATH}?problem=${problem}`);
    },
    userCodeConfirmSource: (ctx: KoaContextWithOIDC): void => redirect(ctx, DEVICE_PATH),
    successSource: (ctx: KoaContextWithOIDC): void => redirect(ctx, `${DEVICE_PATH}/done`),
  };
}
