// Starts the common ID: storage, keys, jobs and application, in this order; stops it in reverse order.
import { formatTime } from '../http/format-time.ts';
import type { ConfigSource } from '../config/config-source.ts';
import type { Config } from '../config/config.ts';
import { fingerprint, watchFiles } from '../config/watch-files.ts';
import { createSharedDeps } from './create-deps.ts';
import { writeDemoData } from './demo-data.ts';
import type { Clock, Deps, SharedDeps } from '../deps.ts';
import { loadNumberingPlans } from '../domain/phone-number.ts';
import { loadFormParser } from '../http/read-form.ts';
import { createDealerBreaker, type DealerBreaker } from '../jobs/dealer-breaker.ts';
import { createDealerLinkDelivery } from '../jobs/deliver-dealer-link.ts';
import { createFollowMigration } from '../jobs/follow-migration.ts';
import { createTellAccountChange } from '../jobs/tell-account-change.ts';
import { createWithdrawDealerLink, createWithdrawErasedLink } from '../jobs/withdraw-dealer-link.ts';
import { isReplaced } from '../authentication/one-time-code/replaced-code.ts';
import { createSettleUserHandle } from '../authentication/passkey/settle-user-handle.ts';
import { createRemoveSecondFactor } from '../authentication/totp/lost-second-factor.ts';
import { createChangeLostMailbox } from '../account/lost-mailbox/change.ts';
import { createExpireLostMailbox } from '../account/lost-mailbox/expire.ts';
import { createLookUpLostMailbox } from '../account/lost-mailbox/look-up.ts';
import { createEraseAccount } from '../account/withdrawal/erase.ts';
import { createEndAccount } from '../account/withdrawal/flow.ts';
import { createMoveLoginNumber } from '../account/mobile-number/flow.ts';
import { createMailPasswordReset } from '../account/forgotten/mail-password-reset.ts';
import { createJobRunner, type JobHandlers } from '../jobs/runner.ts';
import { createSendMail, type SendDeps } from '../jobs/send-mail.ts';
import { createSendSms } from '../jobs/send-sms.ts';
import { startSweeper } from '../jobs/sweeper.ts';
import { createBackchannelLogout } from '../oidc/clients/backchannel-logout.ts';
import { createLogOutOfClient } from '../oidc/clients/log-out-of-client.ts';
import { createAccountAccess } from '../oidc/sessions/account-access.ts';
import { createLiveCommonId, type LiveCommonId } from './live-common-id.ts';
import { createMailer, type Mailer } from '../mail/mailer.ts';
import { createSendWave } from '../operations/migration/send-wave.ts';
import { createSmsGateway } from '../sms/sms-gateway.ts';
import { makeMissingKeys } from '../keys/keys.ts';
import { createRequestQueue } from './request-queue.ts';
import { lineOfRequest } from './request-lines.ts';
import type { RunningApp } from './running-app.ts';
import { checkSandboxDatabase } from './sandbox-mark.ts';
import { stateSources } from './state-sources.ts';
import { describeReadiness } from '../telemetry/health.ts';
import type { AppLog } from '../telemetry/log.ts';

const KEYS_LOOKED_AT_EVERY_MS = 1000;

/**
 * Starts the common ID: opens the storage, creates keys in development, starts the jobs and watches the files.
 * @param source reads and watches the configuration; without it the configuration never changes
 * @param opened dependencies that are already open; they are closed at the end
 * @throws if the configuration, the keys or the database cannot be used
 */
export async function startCommonId(
  config: Config,
  clock: Clock,
  log: AppLog,
  source?: ConfigSource,
  opened?: SharedDeps,
): Promise<RunningApp> {
  const shared = opened ?? (await createSharedDeps(config, clock, log));
  await checkSandboxDatabase(shared.storage, config, clock()).catch(async (error: unknown) => {
    await shared.storage.close();
    throw error;
  });
  if (config.mode === 'development') await makeMissingKeys(config.keyDirectory, clock());
  const keyFiles = (): string => fingerprint([config.keyDirectory]);
  let keysRead = keyFiles();
  const live = await createLiveCommonId(config, () => source?.load() ?? config, shared, clock, log);
  const turnKeys = (): void => {
    keysRead = keyFiles();
    void live.turnKeys();
  };
  const mailer = createMailer(config.mail.smtpUrl, config.mail.from, {
    isSandbox: config.sandbox,
    supportPhone: config.supportPhone,
  });
  // The breakers keep their state when the configuration changes.
  const breaker = createDealerBreaker({ clock, log });
  const runner = createJobRunner({ ...shared, clock, log }, handlersOf(live, mailer, breaker));
  shared.metrics.watch(stateSources(shared.storage, clock, () => live.current().config.dealers, breaker));
  if (config.demo) await writeDemoData(live.current());
  runner.start();
  const stops = [
    startSweeper(live.current()),
    source?.watch(() => void live.reload()),
    watchFiles(keyFiles, () => keysRead, turnKeys),
    turnKeysInTime(live, clock),
  ];
  const queue = createRequestQueue({
    handle: live.handler,
    lineOf: lineOfRequest,
    longestWaitMs: config.longestWaitMs,
    onRefused: (line) => shared.emit('request.refused', { line }),
  });
  return {
    handler: queue.take,
    onConnection: queue.noteConnection,
    async warmUp() {
      // One after the other, so that requests can be answered in between.
      await loadFormParser();
      await shared.metrics.load();
      await mailer.load();
      loadNumberingPlans();
    },
    async report() {
      const [readiness, metrics] = await Promise.all([describeReadiness(shared.storage, shared.status), shared.metrics.text()]);
      return { pid: process.pid, readiness, metrics };
    },
    drain: () => {
      shared.status.draining = true;
    },
    reload: live.reload,
    async close() {
      for (const stop of stops) stop?.();
      await runner.stop();
      mailer.close();
      await Promise.all([shared.refusals.flush(), shared.failedSignIns.flush()]);
      await shared.storage.close();
      await shared.traces.stop();
      log.flush();
    },
  };
}

/** Switches to the next signing key at its time. */
function turnKeysInTime({ current, turnKeys }: LiveCommonId, clock: Clock): () => void {
  const timer = setInterval(() => {
    if (clock() >= current().keys.changeAt) void turnKeys();
  }, KEYS_LOOKED_AT_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Returns the job handlers of the configuration in force. */
function handlersOf({ current, provider }: LiveCommonId, mailer: Mailer, breaker: DealerBreaker): () => JobHandlers {
  const clientBreaker = createDealerBreaker(current(), undefined, 'client');
  const { issuer, sandbox, sms: gateway } = current().config;
  const sms = gateway && createSmsGateway(gateway, { issuer, isSandbox: sandbox });
  const make = (deps: Deps): JobHandlers => {
    const { deliver, update } = createDealerLinkDelivery(deps, breaker);
    const access = createAccountAccess(provider(), deps);
    const sending: SendDeps = { ...deps, isReplaced: async (shown) => isReplaced(deps, shown) };
    return {
      send_mail: createSendMail(mailer, sending),
      send_sms: createSendSms(sms, sending),
      mail_password_reset: createMailPasswordReset(deps),
      move_login_number: createMoveLoginNumber(deps),
      deliver_dealer_link: deliver,
      update_dealer_link: update,
      withdraw_dealer_link: createWithdrawDealerLink(deps, breaker),
      withdraw_erased_link: createWithdrawErasedLink(deps, breaker),
      settle_user_handle: createSettleUserHandle(deps),
      follow_migration: createFollowMigration({ ...deps, formatTime }),
      tell_account_change: createTellAccountChange(deps),
      backchannel_logout: createBackchannelLogout(provider(), deps, clientBreaker),
      log_out_of_client: createLogOutOfClient(deps),
      look_up_lost_mailbox: createLookUpLostMailbox(deps),
      change_lost_mailbox: createChangeLostMailbox(deps, access),
      expire_lost_mailbox: createExpireLostMailbox(deps),
      end_account: createEndAccount(deps, access),
      erase_account: createEraseAccount(deps, access),
      remove_second_factor: createRemoveSecondFactor(deps),
      send_wave: createSendWave(mailer, deps),
    };
  };
  let made = { deps: current(), handlers: make(current()) };
  return () => {
    const deps = current();
    if (made.deps !== deps) made = { deps, handlers: make(deps) };
    return made.handlers;
  };
}
