// npm run admin -- hand-over …: for the developers of a legacy site that hands profiles over (`legacy_profile`).
import { check } from './hand-over/check.ts';
import { make } from './hand-over/make.ts';
import { createTopic } from './topic.ts';

export const command = createTopic('hand-over', { check, make });
