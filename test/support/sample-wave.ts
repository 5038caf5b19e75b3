// A running wave of the campaign.
import type { Wave } from '../../src/domain/wave.ts';

/** Makes a wave of invitations of the owners site, with changes. */
export function sampleWave(id: string, changes: Partial<Wave> = {}): Wave {
  const plan = {
    client_id: 'owners-site',
    kind: 'invitation',
    after_days: 14,
    size: 3,
    language: 'ja',
    ends: '2027-03-31',
    url: '',
  } as const;
  const time = { rate: 1, from_hour: 9, until_hour: 21, start_at: 0 };
  return { id, version: 1, expires_at: 0, ...plan, ...time, state: 'running', after: '', taken: 0, ...changes };
}
