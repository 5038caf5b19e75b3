// Starts the common ID: storage, keys, jobs, application, in this order; and stops it the other way round.
import { formatTime } from '../http/format-time.ts';
import type { ConfigSource } from '../config/config-source.ts';
import type { Config } from '../config/config.ts';
import { fingerprint, watchFiles } from '../config/watch-files.ts';
import { createLasting } from './create-deps.ts';
import { writeDemoData } from './demo-data.ts';
import type { Clock, Deps, Lasting } from '../deps.ts';
import { loadNumberingPlans } from '../domain/phone-number.ts';
import { loadFormParser } from '../http/read-form.ts';
import { createDealerBreaker } from '../jobs/dealer-breaker.ts';
import { createDealerLinkDelivery } from '../jobs/deliver-dealer-link.ts';
import { createFollowMigration } from '../jobs/follow-migration.ts';
import { createTellAccountChange } from '../jobs/tell-account-change.ts';
import { createWithdrawDealerLink } from '../jobs/withdraw-dealer-link.ts';
import type { JobKind } from '../jobs/job-queue.ts';
import { createMailPasswordReset } from '../account/forgotten/mail-password-reset.ts';
import { createJobRunner, type JobHandler } from '../jobs/runner.ts';
import { createSendMail } from '../jobs/send-mail.ts';
import { startSweeper } from '../jobs/sweeper.ts';
import { createLiveCommonId, type LiveCommonId } from './live-common-id.ts';
import { createMailer, type Mailer } from '../mail/mailer.ts';
import { makeMissingKeys } from '../keys/keys.ts';
import type { RunningApp } from './running-app.ts';
import { describeReadiness } from '../telemetry/health.ts';
import type { Log } from '../telemetry/log.ts';

const KEYS_LOOKED_AT_EVERY_MS = 1000;

/**
 * @param source where the configuration can be read again and watched; where it is left out, nothing changes while it runs
 * @param opened what is opened once, by default from the configuration; it is closed at the end
 */
export async function startCommonId(
  config: Config,
  clock: Clock,
  log: Log,
  source?: ConfigSource,
  opened?: Lasting,
): Promise<RunningApp> {
  const lasting = opened ?? (await createLasting(config, clock, log));
  if (config.mode === 'development') await makeMissingKeys(config.keyDirectory, clock());
  const keyFiles = (): string => fingerprint([config.keyDirectory]);
  let keysRead = keyFiles();
  const live = await createLiveCommonId(config, () => source?.load() ?? config, lasting, clock, log);
  const turnKeys = (): void => {
    keysRead = keyFiles();
    void live.turnKeys();
  };
  const mailer = createMailer(config.mail.smtpUrl, config.mail.from);
  const runner = createJobRunner({ ...lasting, clock, log }, handlersOf(live.current, mailer));
  if (config.demo) await writeDemoData(live.current());
  runner.start();
  const stops = [
    startSweeper(live.current()),
    source?.watch(() => void live.reload()),
    watchFiles(keyFiles, () => keysRead, turnKeys),
    turnKeysInTime(live, clock),
  ];
  return {
    handler: live.handler,
    async loadRest() {
      // One after the other, so that who comes meanwhile is answered in between.
      await loadFormParser();
      await lasting.metrics.registry();
      await mailer.load();
      loadNumberingPlans();
    },
    report: async () => ({
      pid: process.pid,
      readiness: await describeReadiness(lasting.storage, lasting.status),
      metrics: await (await lasting.metrics.registry()).getMetricsAsJSON(),
    }),
    drain: () => {
      lasting.status.draining = true;
    },
    reload: live.reload,
    async close() {
      for (const stop of stops) stop?.();
      await runner.stop();
      mailer.close();
      await lasting.storage.close();
    },
  };
}

/** Another key begins to sign at its moment, without anybody doing anything. */
function turnKeysInTime({ current, turnKeys }: LiveCommonId, clock: Clock): () => void {
  const timer = setInterval(() => {
    if (clock() >= current().keys.changeAt) void turnKeys();
  }, KEYS_LOOKED_AT_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** The work of what is in force. */
function handlersOf(current: () => Deps, mailer: Mailer): () => Record<JobKind, JobHandler> {
  // Which dealers are down is known beyond a change of the configuration.
  const breaker = createDealerBreaker(current());
  const make = (deps: Deps): Record<JobKind, JobHandler> => {
    const { deliver, update } = createDealerLinkDelivery(deps, breaker);
    return {
      send_mail: createSendMail(mailer, deps.clock),
      mail_password_reset: createMailPasswordReset(deps),
      deliver_dealer_link: deliver,
      update_dealer_link: update,
      withdraw_dealer_link: createWithdrawDealerLink(deps, breaker),
      follow_migration: createFollowMigration({ ...deps, formatTime }),
      tell_account_change: createTellAccountChange(deps),
    };
  };
  let made = { deps: current(), handlers: make(current()) };
  return () => {
    const deps = current();
    if (made.deps !== deps) made = { deps, handlers: make(deps) };
    return made.handlers;
  };
}
