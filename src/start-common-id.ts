// Starts the common ID: storage, keys, jobs, application, in this order; and stops it the other way round.
import { createApp } from './app.ts';
import type { Config } from './config/config.ts';
import { createDeps } from './create-deps.ts';
import { writeDemoData } from './demo-data.ts';
import type { Clock } from './deps.ts';
import { createDeliverDealerLink } from './jobs/deliver-dealer-link.ts';
import { createMailPasswordReset } from './jobs/mail-password-reset.ts';
import { createJobRunner } from './jobs/runner.ts';
import { createSendMail } from './jobs/send-mail.ts';
import { startSweeper } from './jobs/sweeper.ts';
import { createMailer } from './mail/mailer.ts';
import type { RunningApp } from './running-app.ts';
import type { Log } from './telemetry/log.ts';

export async function startCommonId(config: Config, clock: Clock, log: Log): Promise<RunningApp> {
  const deps = await createDeps(config, clock, log);
  const mailer = createMailer(config.mail.smtpUrl, config.mail.from);
  const runner = createJobRunner(deps, {
    send_mail: createSendMail(mailer, clock),
    mail_password_reset: createMailPasswordReset(deps),
    deliver_dealer_link: createDeliverDealerLink(deps),
  });
  const app = await createApp(deps);
  if (config.demo) await writeDemoData(deps);
  runner.start();
  const stopSweeper = startSweeper(deps);
  return {
    handler: app.koa.callback(),
    drain: () => app.readiness.drain(),
    async close() {
      stopSweeper();
      await runner.stop();
      mailer.close();
      await deps.storage.close();
    },
  };
}
