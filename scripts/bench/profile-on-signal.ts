// Preloaded into the profiled process (`node --import`). SIGUSR2 starts and stops the profile, so that it contains neither startup nor warm-up.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';

const session = new Session();
let running = false;

async function turn(): Promise<void> {
  if (!running) {
    running = true;
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    return;
  }
  const { profile } = await session.post('Profiler.stop');
  writeFileSync(join(process.env.PROFILE_INTO ?? '', 'profile.json'), JSON.stringify(profile));
}

process.on('SIGUSR2', () => void turn());
