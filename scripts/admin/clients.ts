// npm run admin -- clients …: lists, checks, creates and tests client apps, previews changes, and says why requests were refused.
import { check } from './clients/check.ts';
import { list } from './clients/list.ts';
import { create } from './clients/new.ts';
import { plan } from './clients/plan.ts';
import { secret } from './clients/secret.ts';
import { show } from './clients/show.ts';
import { test } from './clients/test.ts';
import { tryOut } from './clients/try.ts';
import { why } from './clients/why.ts';
import { createTopic } from './topic.ts';

export const command = createTopic('clients', { list, show, check, plan, new: create, secret, test, try: tryOut, why });
