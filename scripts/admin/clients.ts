// npm run admin -- clients …: lists, checks, creates and tests client apps, and previews changes.
import { check } from './clients/check.ts';
import { list } from './clients/list.ts';
import { create } from './clients/new.ts';
import { plan } from './clients/plan.ts';
import { secret } from './clients/secret.ts';
import { show } from './clients/show.ts';
import { test } from './clients/test.ts';
import { createTopic } from './topic.ts';

export const command = createTopic('clients', { list, show, check, plan, new: create, secret, test });
