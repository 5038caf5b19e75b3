// npm run admin -- clients …: what client apps there are, whether their files are right, and what a change would do.
import { check } from './clients/check.ts';
import { list } from './clients/list.ts';
import { create } from './clients/new.ts';
import { plan } from './clients/plan.ts';
import { secret } from './clients/secret.ts';
import { show } from './clients/show.ts';
import { test } from './clients/test.ts';
import { createTopic } from './topic.ts';

export const command = createTopic('clients', { list, show, check, plan, new: create, secret, test });
