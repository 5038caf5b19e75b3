// Commands for operators: npm run admin -- <command> …. Each command is a file in scripts/admin/. Without a command, lists all.
import { runCommand } from './admin/run-command.ts';

void runCommand(process.argv.slice(2));
