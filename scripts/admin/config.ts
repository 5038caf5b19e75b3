// npm run admin -- config …: prints and checks the whole configuration.
import { check } from './config/check.ts';
import { print } from './config/print.ts';
import { createTopic } from './topic.ts';

export const command = createTopic('config', { print, check });
